package server

import (
	"strings"
	"time"

	"golang.org/x/crypto/acme"

	"accountledger/api"
	"accountledger/commands"
	"accountledger/eventstore/esdb"
	"accountledger/processes"
	"accountledger/projections/elastic"
)

// Prefix of environment variables.
const Prefix = "ACCOUNTLEDGER_"

// Setting is one key of the configuration.
type Setting struct {
	Key     string // dotted, as in the file
	Default any
	Help    string
}

// Flag is the setting's flag.
func (s Setting) Flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(s.Key) }

// Env is the setting's environment variable.
func (s Setting) Env() string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}

// Settings lists every key there is.
func Settings() []Setting {
	abuse := usualAbuse()
	return []Setting{
		{"data", "./data", "folder that holds everything but the master key"},
		{"name", "Account Ledger", "what the service calls itself in messages, authenticator apps and passkeys, and the name of messages' sender"},
		{"support", "", "how people reach support, such as a web or e-mail address; it ends every message"},
		{"imprint", "", "who is responsible for the service by law, with an address; it ends every message"},
		{"controller.id", "", "the controller: who decides how people's data is used, as a short name in lower case; another one is another controller"},
		{"controller.name", "", "the controller's name as people know it; it and what follows stand in every notice"},
		{"controller.address", "", "the controller's postal address, on one line"},
		{"controller.contact", "", "how people reach the controller about their data, such as an e-mail address"},
		{"controller.dpo", "", "how people reach the data protection officer, if there is one; an office, not a person's name"},
		{"controller.jurisdiction", "", "the country that the controller is in, as two capital letters"},
		{"controller.places", "", "the countries that data is stored in, as two capital letters each, separated by commas"},
		{"controller.authority", "", "the authority that supervises the controller, with how to reach it"},
		{"http", "127.0.0.1:8080", "where the API listens, HOST:PORT; port 0 picks one"},
		{"origin", "", "where people and services reach the API: https://HOST or https://HOST:PORT, without a path; with --dev http://localhost:PORT. " +
			"The OpenAPI document names it, and links in messages lead there: without it they hold a bare token, for an app of yours. " +
			"People's passkeys are for its host: without it there are none, and once somebody has one a server with another host does not start"},
		{"http_drain", 5 * time.Second, "how long a stopping server keeps serving while /readyz answers 503, so that load balancers turn away first; 0, the " +
			"default with --dev: not at all"},
		{"http_connections", 0, "most connections to the API at once; beyond it those idle longest are closed; 0: as many as the limit of open files allows, at " +
			"most 4096"},
		{"http_trusted_proxies", "", "addresses or ranges (CIDR) of the reverse proxies in front of the API, separated by commas: only they may say where a " +
			"request came from"},
		{"http_client_header", api.XForwardedFor, "the header in which they say it: X-Forwarded-For or Forwarded; they must add to it or replace it"},
		{"tls.cert", "", "file of the API's certificate and those between it and the root, PEM; read again when it changes. Without TLS put a proxy in front"},
		{"tls.key", "", "file of the certificate's private key, PEM"},
		{"tls.acme", "", "host names, separated by commas, to get a certificate for from an authority (ACME); it has to reach port 443"},
		{"tls.acme_email", "", "whom the authority warns"},
		{"tls.acme_roots", "", "file of the certificates by which the authority is known, PEM; empty: the system's"},
		{"tls.acme_directory", acme.LetsEncryptURL, "the authority's directory; by using it you agree to its terms"},
		{"internal.http", "127.0.0.1:8081", "where metrics, details of readiness and profiles are served, HOST:PORT; keep it to this machine or a network of " +
			"operators; empty: nowhere; with --dev a free port"},
		{"dev", false, "make a master key in the data folder and keep messages in a local mailbox"},
		{"master_key", "", "file of the master key, or folder of such files (*.key), outside the data folder"},
		{"master_key_older", "", "older master key files, separated by commas; missing ones are ignored"},
		{"backup.keep", commands.DefaultBackupKeep, "how long each backup is kept; a master key may be destroyed that long after it goes out of use"},
		{"backup.list", "", "file of the list of destructions, beside the backups and outside the data folder; empty: none is kept, and a restore can bring " +
			"back what was erased after the backup"},
		{"log.level", "info", "debug, info, warn or error"},
		{"log.format", "text", "text or json"},
		{"erasure.grace", 14 * 24 * time.Hour, "how long an erasure waits and can be cancelled"},
		{"erasure.clock_jump", processes.DefaultClockJump,
			"how far the clock may be from the log's newest time and a monotonic clock; beyond that, nothing is destroyed by time until the clock is right again " +
				"or an operator confirms it"},
		{"recovery.wait", 72 * time.Hour, "how long a recovery waits before it goes on without a second factor, of an account that has one, while its owner is " +
			"told each day and can stop it; 0: never, so that who has lost every second factor has lost the account"},
		{"sign_ins.unusual", string(commands.UnusualOff), "what a person's unusual sign-in needs besides the password, from a client that is not known, " +
			"while the account has signed in from others or more speaks against it: off, or code for one that is sent to the account's primary address"},
		{"geo.database", "", "file of a database of countries by address, in the MaxMind DB format, such as DB-IP Lite or GeoLite2, Country or City; read again " +
			"when it changes. Empty: no countries are recorded"},
		{"abuse.sign_ups_hour", abuse.SignUpsHour, "sign-ups from one network (IPv4 /24, IPv6 /48) in an hour; 0: no limit"},
		{"abuse.sign_ups_day", abuse.SignUpsDay, "sign-ups from one network in a day; 0: no limit"},
		{"abuse.recoveries_hour", abuse.RecoveriesHour, "recoveries asked for from one network in an hour; 0: no limit"},
		{"abuse.recoveries_day", abuse.RecoveriesDay, "recoveries asked for from one network in a day; 0: no limit"},
		{"abuse.changes_minute", abuse.ChangesMinute, "changes that one person may make in a minute for long, and six times as many at once; 0: no limit"},
		{"abuse.sign_ins_hour", abuse.SignInsHour, "sessions that one person or officer may start in an hour for long, and twice as many at once; 0: no limit"},
		{"abuse.challenge", string(abuse.Challenge), "what guests are asked for who ask for very much, past those limits and past half of what one address may be " +
			"sent: pow (a proof of work), or off: they are refused past the limits"},
		{"passwords.min_length", 8, "fewest characters of a password that is used with a second factor"},
		{"passwords.min_alone", 15, "fewest characters of a password that is the only factor; fewer than 15 are below NIST SP 800-63B-4"},
		{"passwords.max_length", 128, "most characters of a password"},
		{"passwords.require_mixed", false, "require three of lower case, upper case, digits and other characters"},
		{"passwords.breached", "", "file of breached passwords in the format of Have I Been Pwned"},
		{"passwords.workers", 0, "passwords hashed at once; 0: one per processor"},
		{"passwords.waiting", 0, "requests of each kind that may wait for a hash; further ones, and those that would wait for more than 3 seconds, " +
			"are asked to retry; 0: 256 per worker"},
		{"smtp.host", "", "mail server, a name or an address; empty: none"},
		{"smtp.port", 587, "port of the mail server"},
		{"smtp.username", "", "user name at the mail server"},
		{"smtp.password_file", "", "file that holds the password for the mail server"},
		{"smtp.from", "", "address that messages come from"},
		{"smtp.tls", "", "implicit (TLS from the first byte), starttls, or none; empty: implicit at port 465 and starttls elsewhere"},
		{"smtp.roots", "", "file of the certificates by which the mail server is known, PEM; empty: the system's"},
		{"store.engine", "embedded", "where the log is: embedded, or esdb"},
		{"store.esdb", "", "connection string of EventStoreDB or KurrentDB, esdb://… or esdb+discover://…"},
		{"store.esdb_password_file", "", "file with the password of the user in store.esdb"},
		{"store.prefix", esdb.DefaultPrefix, "prefix of every stream name at EventStoreDB; each ledger on a server needs its own, ending with a slash"},
		{"vault.engine", "sqlite", "where the vault is: sqlite, or postgres"},
		{"vault.postgres", "", "address of the PostgreSQL server, postgres://…"},
		{"vault.schema", "accountledger_vault", "PostgreSQL schema of the vault's tables; created if missing"},
		{"views.engine", "sqlite", "where the views are: sqlite, or elasticsearch"},
		{"views.elasticsearch", "", "addresses of Elasticsearch's nodes, https://…, separated by commas"},
		{"views.username", "", "user name at Elasticsearch"},
		{"views.password_file", "", "file that holds the password for Elasticsearch"},
		{"views.ca_file", "", "file of PEM certificates of the authorities that sign Elasticsearch's; empty: the machine's"},
		{"views.index", elastic.DefaultPrefix, "prefix of every index name at Elasticsearch"},
		{"views.partitions", 2, "parts into which consumer processes divide the work on each view at Elasticsearch; changing it rebuilds the views"},
		{"views.memory", int64(0), "bytes that filling views from the log may use, at a start, in rebuild and in compare; 0: at most a quarter of the process's " +
			"memory"},
		{"role", RoleAll, "what this process does: all, or, with esdb, postgres and elasticsearch, api or consumers"},
		{"store.reserve", int64(256 << 20), "free bytes on the disk below which nothing is appended to the embedded log"},
	}
}

// devDefaults are the defaults that differ with dev.
func devDefaults() map[string]any {
	c := exampleController()
	return map[string]any{"http_drain": time.Duration(0), "internal.http": "127.0.0.1:0", "controller.id": c.ID, "controller.name": c.Name,
		"controller.address": c.Address, "controller.contact": c.Contact, "controller.jurisdiction": c.Jurisdiction, "controller.places": c.Places}
}
