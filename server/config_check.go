package server

import (
	"fmt"
	"path/filepath"
	"time"

	"accountledger/api"
	"accountledger/commands"
	"accountledger/notify/smtp"
	"accountledger/notify/templates"
	"accountledger/passwords"
	"accountledger/projections/runner"
)

// check names the first setting whose value cannot be used.
func (c *Config) check() error {
	switch {
	case templates.About{Service: c.Name}.Check() != nil:
		return wrong("name", "give at most 60 characters on one line")
	case templates.About{Support: c.Support}.Check() != nil:
		return wrong("support", "give at most 200 characters on one line")
	case templates.About{Imprint: c.Imprint}.Check() != nil:
		return wrong("imprint", "give at most 300 characters on one line")
	case c.Data == "":
		return wrong("data", "name a folder")
	case c.Backup.Keep < 0:
		return wrong("backup.keep", "give a duration such as 840h, not below 0")
	case c.listInside():
		return wrong("backup.list", "name a file outside the data folder, beside the backups")
	case !isAddress(c.HTTP):
		return wrong("http", "give HOST:PORT such as 127.0.0.1:8080, with a port from 0 to 65535")
	case c.Origin != "" && !isOrigin(c.Origin):
		return wrong("origin", "give https://HOST or https://HOST:PORT, a name in lower case: no IP address, no port 443, no path; http only at localhost")
	case c.Internal.HTTP != "" && !isAddress(c.Internal.HTTP):
		return wrong("internal.http", "give HOST:PORT such as 127.0.0.1:8081, with a port from 0 to 65535, or nothing")
	case c.SMTP.Port < 1 || c.SMTP.Port > 65535:
		return wrong("smtp.port", "give a port from 1 to 65535")
	case c.Passwords.MinLength < 0 || c.Passwords.MinLength > passwords.Longest:
		return wrong("passwords.min_length", fmt.Sprintf("give 1 to %d", passwords.Longest))
	case c.Passwords.MaxLength < 0 || c.Passwords.MaxLength > passwords.Longest:
		return wrong("passwords.max_length", fmt.Sprintf("give 1 to %d", passwords.Longest))
	case c.Passwords.MaxLength > 0 && c.Passwords.MinLength > c.Passwords.MaxLength:
		return wrong("passwords.min_length", "give no more than passwords.max_length")
	case c.HTTPConnections < 0:
		return wrong("http_connections", "give a number, or 0 for as many as the limit of open files allows")
	case c.HTTPClientHeader != api.XForwardedFor && c.HTTPClientHeader != api.Forwarded:
		return wrong("http_client_header", "give X-Forwarded-For or Forwarded")
	case c.HTTPDrain < 0:
		return wrong("http_drain", "give a duration such as 5s, not below 0")
	case c.Erasure.Grace < 0:
		return wrong("erasure.grace", "give a duration such as 336h, not below 0")
	case c.Recovery.Wait != 0 && (c.Recovery.Wait < 24*time.Hour || c.Recovery.Wait > 30*24*time.Hour):
		return wrong("recovery.wait", "give a duration from 24h to 720h, or 0 for never")
	case c.Erasure.ClockJump < time.Hour:
		return wrong("erasure.clock_jump", "give a duration such as 26h, not below 1h")
	case !among(c.SignIns.Unusual, string(commands.UnusualOff), string(commands.UnusualCode)):
		return wrong("sign_ins.unusual", "give off or code")
	case c.Abuse.ChangesMinute < 0 || c.Abuse.ChangesMinute > 1_000_000:
		return wrong("abuse.changes_minute", "give a number up to 1000000, or 0 for no limit")
	case c.Abuse.SignInsHour < 0 || c.Abuse.SignInsHour > 1_000_000:
		return wrong("abuse.sign_ins_hour", "give a number up to 1000000, or 0 for no limit")
	case !among(string(c.Abuse.Challenge), string(challengeOff), string(challengeWork)):
		return wrong("abuse.challenge", "give off or pow")
	case c.Abuse.SignUpsHour < 0 || c.Abuse.SignUpsHour > 1_000_000:
		return wrong("abuse.sign_ups_hour", "give a number up to 1000000, or 0 for no limit")
	case c.Abuse.SignUpsDay < 0 || c.Abuse.SignUpsDay > 1_000_000:
		return wrong("abuse.sign_ups_day", "give a number up to 1000000, or 0 for no limit")
	case c.Abuse.RecoveriesHour < 0 || c.Abuse.RecoveriesHour > 1_000_000:
		return wrong("abuse.recoveries_hour", "give a number up to 1000000, or 0 for no limit")
	case c.Abuse.RecoveriesDay < 0 || c.Abuse.RecoveriesDay > 1_000_000:
		return wrong("abuse.recoveries_day", "give a number up to 1000000, or 0 for no limit")
	case !among(c.Log.Level, "debug", "info", "warn", "error"):
		return wrong("log.level", "give debug, info, warn or error")
	case !among(c.Log.Format, "text", "json"):
		return wrong("log.format", "give text or json")
	case c.SMTP.Host != "" && smtp.CheckHost(c.SMTP.Host) != nil:
		return wrong("smtp.host", "give a host name or an address, without a port: smtp.port is a setting of its own")
	case !among(c.SMTP.TLS, "", string(smtp.TLSImplicit), string(smtp.TLSStart), string(smtp.TLSNone)):
		return wrong("smtp.tls", "give implicit, starttls or none")
	case !among(c.Store.Engine, "embedded", "esdb"):
		return wrong("store.engine", "give embedded or esdb")
	case (c.Store.Engine == "esdb") != (c.Store.ESDB != ""):
		return wrong("store.esdb", "give a connection string with store.engine esdb, and only with it")
	case c.Store.ESDBPasswordFile != "" && c.Store.ESDB != "" && !namesUser(c.Store.ESDB):
		return wrong("store.esdb_password_file", "name the user in store.esdb, as in esdb://ledger@host")
	case !among(c.Vault.Engine, "sqlite", "postgres"):
		return wrong("vault.engine", "give sqlite or postgres")
	case (c.Vault.Engine == "postgres") != (c.Vault.Postgres != ""):
		return wrong("vault.postgres", "give an address with vault.engine postgres, and only with it")
	case !among(c.Views.Engine, "sqlite", "elasticsearch"):
		return wrong("views.engine", "give sqlite or elasticsearch")
	case (c.Views.Engine == "elasticsearch") != (c.Views.Elastic != ""):
		return wrong("views.elasticsearch", "give addresses with views.engine elasticsearch, and only with it")
	case c.Views.Username != "" && c.Views.PasswordFile == "":
		return wrong("views.password_file", "name the file with the password of views.username")
	case c.Views.Partitions < 1 || c.Views.Partitions > maxPartitions:
		return wrong("views.partitions", fmt.Sprintf("give 1 to %d", maxPartitions))
	case c.Views.Memory != 0 && c.Views.Memory < runner.LeastBudget:
		return wrong("views.memory", fmt.Sprintf("give at least %d bytes, or 0 for a share of what there is", runner.LeastBudget))
	case !among(c.Role, RoleAll, RoleAPI, RoleConsumers):
		return wrong("role", "give all, api or consumers")
	case c.Role != RoleAll && !c.shared():
		return wrong("role", "several processes need engines that they can share: store.engine esdb, vault.engine postgres and views.engine elasticsearch")
	case c.SMTP.Host != "" && c.SMTP.From == "":
		return wrong("smtp.from", "give the address that messages come from")
	}
	if err := c.Controller.check(); err != nil {
		return err
	}
	if _, err := c.proxies(); err != nil {
		return wrong("http_trusted_proxies", "give addresses or ranges such as 10.0.0.0/8, separated by commas, and not all addresses")
	}
	return c.TLS.check()
}

// maxPartitions bounds the parts of a view's work: each of them reads the whole log.
const maxPartitions = 64

// shared says whether several processes can work on the same log, vault and views.
func (c *Config) shared() bool {
	return c.Store.Engine == "esdb" && c.Vault.Engine == "postgres" && c.Views.Engine == "elasticsearch"
}

func among(s string, all ...string) bool {
	for _, a := range all {
		if s == a {
			return true
		}
	}
	return false
}

// path is a place in the data folder.
func (c *Config) path(parts ...string) string {
	return filepath.Join(append([]string{c.Data}, parts...)...)
}
