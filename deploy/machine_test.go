package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	"accountledger/notify/smtp/smtptest"
	"accountledger/operate"
)

// TestTheRecipeAsWritten pastes README.md into a machine that never saw the ledger, runs every operator's command against
// what it set up, and takes it all away again. What it does beyond the text is what the text tells people to edit: the mail
// server, and erasures and stops without a wait so that the test does not wait either.
func TestTheRecipeAsWritten(t *testing.T) {
	r := &recipe{container: startContainer(t), all: blocks(t), done: map[int]bool{}}
	var mail *smtptest.Server
	r.onNetwork(func() { mail = smtptest.Start(t, smtptest.Options{}) })

	r.paste("1. Install")
	r.refused("smtp-host") // the configuration as shipped
	contains(t, r.paste("2. Make"), "Made master key", "in /etc/accountledger/keys/master.key", "The configuration reads this file")
	r.paste("3. Set")
	r.run("mv /etc/accountledger/keys/master.key /root/")
	r.refused("accountledger keys new /etc/accountledger/keys/master.key")
	r.run("mv /root/master.key /etc/accountledger/keys/")
	r.paste("4. The mail")
	contains(t, r.paste("5. Start"), "ready")
	r.run(fmt.Sprintf(`sed -i 's/host: mail.example.com/host: %s/; s/port: 587/port: %d/; s/tls: starttls/tls: none/' /etc/accountledger/config.yaml
printf 'http_drain: 0s\nerasure:\n  grace: 0s\n' >> /etc/accountledger/config.yaml`, mail.Host, mail.Port))
	r.restart()
	contains(t, r.paste("6. Add"), "ale_", "alk_")

	ada, bob := r.join(mail, "ada@example.com"), r.join(mail, "bob@example.com")
	r.paste("7. Back")
	contains(t, r.run("systemctl is-enabled accountledger accountledger-backup.timer && systemctl is-active accountledger-backup.timer"), "enabled", "active")
	r.erase(ada)
	r.run(interrupted)
	contains(t, r.paste("8. Try"), "The list of destructions was applied whole (", "1 accounts were erased again")

	r.everyCommand()
	r.paste("Rotate")
	r.rotated()
	r.retention()
	r.paste("Upgrade")
	r.call("GET", "/v1/me", bob, "", "account")

	r.run(interrupted)
	r.paste("Restore after")
	if out, err := r.try(r.prelude() + "ledger status --json"); err != nil {
		t.Errorf("after the restore: %v\n%s", err, out)
	}
	r.signIn("bob@example.com")
	if out, err := r.try(`curl -sf http://127.0.0.1:8080/v1/sessions -H 'Content-Type: application/json' -d '{"email":"ada@example.com","password":"` +
		password + `"}'`); err == nil {
		t.Errorf("the erased person is back: %s", out)
	}
	r.run("systemctl stop accountledger; test \"$(systemctl show -P Result accountledger)\" = success")
	contains(t, r.ledger("status"), "not running")
	if out, err := r.try("accountledger keys list --config /etc/accountledger/config.yaml"); err == nil || !strings.Contains(out, "run this as that user") {
		t.Errorf("root works on the stopped ledger: %v, %s", err, out)
	}
	if out := r.run("find /var/lib/accountledger /etc/accountledger/keys /var/backups/accountledger ! -user accountledger"); out != "" {
		t.Errorf("the server cannot read %s", out)
	}
	r.clusterUnit()
	r.paste("Remove")
	contains(t, r.run("ls -A /etc/accountledger /var/lib/accountledger /usr/local/bin/accountledger /etc/systemd/system/accountledger* 2>&1 || true; ls -A "+
		"/var/backups/accountledger"), "No such file")
	for i, b := range r.all {
		if !r.done[i] {
			t.Errorf("nothing ran the commands under %q", b.heading)
		}
	}
}

// interrupted leaves what a backup that did not end left, by its name the newest one.
const interrupted = "install -d -o accountledger -g accountledger /var/backups/accountledger/daily/2099-01-01T000000Z"

// clusterUnit has the cluster's unit run the program, under its restrictions and with its configuration and files. The engines
// are embedded ones in place of the three servers, which settings in the unit's environment file choose.
func (r *recipe) clusterUnit() {
	r.t.Helper()
	r.paste("Several processes")
	contains(r.t, r.run("cat /etc/accountledger/consumers.env"), "ACCOUNTLEDGER_HTTP=127.0.0.1:8082\n")
	// EventStoreDB is not there: the unit tries again, without end.
	r.run(`systemctl start accountledger@api
for i in $(seq 300); do test "$(systemctl show -P SubState accountledger@api)" = auto-restart && break; sleep 0.2; done
test "$(systemctl show -P SubState accountledger@api)" = auto-restart
test "$(systemctl show -P ExecMainStatus accountledger@api)" = 3
test "$(systemctl show -P StartLimitIntervalUSec accountledger@api)" = 0
systemctl stop accountledger@api`)
	r.run(`for setting in STORE_ENGINE=embedded STORE_ESDB= VAULT_ENGINE=sqlite VAULT_POSTGRES= VIEWS_ENGINE=sqlite VIEWS_ELASTICSEARCH=; do
  echo "ACCOUNTLEDGER_$setting"
done > /etc/accountledger/all.env
systemctl start accountledger@all
` + ready + `
cluster="--config /etc/accountledger/ledger.yaml --data /var/lib/accountledger/all"
runuser -u accountledger -- accountledger keys rotate $cluster
runuser -u accountledger -- accountledger backup /var/lib/accountledger/by-hand $cluster
runuser -u accountledger -- accountledger status $cluster
systemctl stop accountledger@all
test "$(systemctl show -P Result accountledger@all)" = success
rm /etc/systemd/system/accountledger@.service`)
}

// refused starts when something is missing and there is no key: the start is refused once, says why, and leaves nothing.
func (r *recipe) refused(why string) {
	r.t.Helper()
	r.run(`systemctl start accountledger
for i in $(seq 100); do systemctl is-failed -q accountledger && break; sleep 0.2; done
systemctl is-failed -q accountledger
case "$(systemctl show -P ExecMainStatus accountledger)" in 2 | 4) ;; *) exit 1 ;; esac
test "$(systemctl show -P NRestarts accountledger)" = 0
journalctl -u accountledger | grep -q '` + why + `'
test -z "$(ls -A /etc/accountledger/keys /var/lib/accountledger | grep -v :)"`)
}

// erase has somebody leave, and waits until that is on the list of destructions.
func (r *recipe) erase(token string) {
	r.t.Helper()
	var before, after operate.Status
	r.as("status", &before)
	id := r.call("POST", "/v1/erasures", token, "{}", "id")
	r.run(fmt.Sprintf(`for i in $(seq 100); do curl -sf http://127.0.0.1:8080/v1/erasures/%s | grep -q '"completed"' && exit 0; sleep 0.2; done; exit 1`, id))
	r.as("status", &after)
	if after.Backups.List == "" || after.Backups.Fault != "" || after.Backups.Destructions <= before.Backups.Destructions {
		r.t.Errorf("the list of destructions: %+v, before %+v", after.Backups, before.Backups)
	}
	r.run("test -s /var/backups/accountledger/destructions/list; test -s /etc/accountledger/keys/destructions-*.head")
}

// everyCommand runs those that README.md's blocks do not, on the running server.
func (r *recipe) everyCommand() {
	r.t.Helper()
	contains(r.t, r.ledger("verify"), "All whole")
	r.ledger("version")
	r.ledger("replay rebuild accounts")
	r.ledger("replay compare")
	r.ledger("replay skip")
	r.ledger("keys list")
	r.ledger("replay export /var/lib/accountledger/export.zst")
	r.run("rm /var/lib/accountledger/export.zst")
	r.ledger(`clock confirm "$(date -u +%F)"`)
	r.ledger("backup /var/lib/accountledger/by-hand")
	r.run("rm -r /var/lib/accountledger/by-hand")
	if out, err := r.try(r.prelude() + "ledger mailbox"); err == nil || !strings.Contains(out, "mail server") {
		r.t.Errorf("mailbox: %v, %s", err, out)
	}
	// As root: the running server answers it too, and makes what is to be written as its own user.
	r.run("accountledger status --config /etc/accountledger/config.yaml")
}

// rotated looks at what a rotation left, and restarts on it.
func (r *recipe) rotated() {
	r.t.Helper()
	var keys []operate.MasterKey
	r.as("keys list", &keys)
	if len(keys) != 2 || keys[0].State != operate.KeyKept || keys[1].State != operate.KeyCurrent ||
		!strings.HasPrefix(keys[1].Files[0], "/etc/accountledger/keys/master-") {
		r.t.Errorf("%+v", keys)
	}
	if out := r.run("stat -c '%U %a' /etc/accountledger/keys/*.key | sort -u"); out != "accountledger 600\n" {
		r.t.Errorf("the key files are %s", out)
	}
	r.restart()
	contains(r.t, r.ledger("verify"), "All whole")
	out, err := r.try(r.prelude() + "ledger keys destroyed " + keys[0].ID)
	if err == nil || !strings.Contains(out, "still there") {
		r.t.Errorf("keys destroyed while the file is there: %v, %s", err, out)
	}
	r.run("mv " + keys[0].Files[0] + " /root/")
	contains(r.t, r.ledger("keys destroyed --force "+keys[0].ID), "recorded as destroyed")
	r.run("systemctl start accountledger-backup") // one that the new key opens
}

// retention has the backup unit delete what is too old, and what is no backup; and keep what is neither.
func (r *recipe) retention() {
	r.t.Helper()
	r.run(`cd /var/backups/accountledger/daily
newest=$(ls -d 20* | tail -n 1)
cp -a "$newest" 2020-01-01T000000Z; touch -d '40 days ago' 2020-01-01T000000Z
cp -a "$newest" 2020-01-02T000000Z; touch -d '31 days ago' 2020-01-02T000000Z
mkdir 2020-01-03T000000Z other; chown accountledger: *
while test -e "$(date -u +%Y-%m-%dT%H%M%SZ)"; do :; done # a backup's name is the second it was begun in
systemctl start accountledger-backup
test ! -e 2020-01-01T000000Z; test ! -e 2020-01-03T000000Z; test -e 2020-01-02T000000Z; test -e other; test -e "$newest"
rm -r 2020-01-02T000000Z other
# While the server is stopped there is nothing to back up, and nothing is made or deleted. The alert is started.
printf '[Service]\nType=oneshot\nExecStart=/usr/bin/touch /run/alerted\n' > /etc/systemd/system/backup-alert.service
systemctl daemon-reload
before=$(ls); systemctl stop accountledger
if systemctl start accountledger-backup; then exit 1; fi
test "$(ls)" = "$before"
for i in $(seq 100); do test -e /run/alerted && break; sleep 0.2; done
test -e /run/alerted
systemctl start accountledger
` + ready)
}
