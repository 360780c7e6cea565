package main

// quick are the cases that the test runs: each kind of file and of damage at least once, and all earlier failures.
func quick() []string {
	return []string{
		"clean/none", "killed/none", "clean/gone/log", "clean/mixed/vault", "clean/mixed/log", "killed/delete/log/wal", "killed/cut-frame/vault/vault.db-wal",
		"clean/empty/views/accounts.live", "clean/empty/list/head", "clean/delete/deadlines.db",
		"clean/flip-middle/log/acknowledged", "clean/older/log/acknowledged", "clean/flip-middle/log/sst", "clean/cut-half/log/manifest", "clean/delete/log/options",
		"killed/flip-end/log/wal", "killed/cut-byte/log/wal", "killed/empty/log/wal", "killed/two/log/acknowledged~delete+log/wal~cut-half",
		"clean/flip-random/vault/vault.db", "clean/empty/vault/vault.db", "clean/delete/vault/vault.db", "clean/older/vault/vault.db",
		"killed/flip-frame/vault/vault.db-wal", "killed/cut-half/vault/vault.db-wal", "killed/delete/vault/vault.db-wal", "killed/flip-first/vault/vault.db-shm",
		"killed/older/vault/vault.db", "killed/older/vault/vault.db-wal", "killed/older/views/devices.db", "killed/older/views/devices.db-wal",
		"clean/flip-middle/views/accesses.db", "clean/zero-page/views/daily.db", "clean/delete/views/devices.db", "clean/older/views/permissions.db",
		"killed/cut-half/views/activity.db-wal", "killed/delete/views/accounts.db-wal", "killed/empty/views/daily.db-shm",
		"clean/flip-first/views/accounts.live", "clean/delete/views/devices.live", "clean/swap/views/accounts.live~swap+views/devices.live~swap",
		"clean/swap/views/accounts.db~swap+views/devices.db~swap",
		"clean/flip-middle/deadlines.db", "killed/delete/deadlines.db-wal", "clean/flip-middle/notify.checkpoint", "clean/delete/notify.checkpoint",
		"clean/flip-middle/keys/master", "clean/delete/keys/master", "clean/flip-middle/list/entries", "clean/older/list/entries", "clean/delete/list/entries",
		"clean/cut-half/list/head", "clean/delete/list/head", "clean/two/list/head~empty+list/entries~older",
		"killed/mixed/log", "clean/mixed/views", "clean/mixed/list", "killed/delete/log/marker.manifest", "clean/mixed/log+vault+views+rest",
		"clean/mixed/vault+views+rest", "clean/mixed/log+vault+views+rest+list",
		"clean/while-serving/list/entries", "clean/gone/vault", "clean/gone/views", "clean/gone/log+vault", "running-0/none", "running-1/none",
	}
}
