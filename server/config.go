package server

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore/esdb"
	"accountledger/processes"
	"accountledger/projections/elastic"
	"accountledger/projections/runner"
)

// Config is what operators set: by flag, else by ACCOUNTLEDGER_… in the environment, else in the config file, else the default.
type Config struct {
	// Data is the folder that holds everything but the master key.
	Data string `koanf:"data"`
	// Name is what the service calls itself in messages.
	Name string `koanf:"name"`
	// Controller is who decides on the use of people's data; every notice names it.
	Controller string `koanf:"controller"`
	// HTTP is where the API listens; port 0 picks a free one.
	HTTP string `koanf:"http"`
	// HTTPDrain is how long the API serves on once a stop was asked for, while /readyz says that it is not ready.
	HTTPDrain time.Duration `koanf:"http_drain"`
	// HTTPConnections is how many connections the API takes at once; 0: what the limit of open files allows.
	HTTPConnections int `koanf:"http_connections"`
	// Dev makes a master key in the data folder and keeps messages in a local mailbox.
	Dev bool `koanf:"dev"`
	// MasterKey is where the master key is, outside the data folder: a file, or a folder of files that end in ".key".
	MasterKey string `koanf:"master_key"`
	// MasterKeyOlder are further files of master keys, with commas between.
	MasterKeyOlder string          `koanf:"master_key_older"`
	Backup         BackupConfig    `koanf:"backup"`
	Log            LogConfig       `koanf:"log"`
	Erasure        ErasureConfig   `koanf:"erasure"`
	Passwords      PasswordsConfig `koanf:"passwords"`
	SMTP           SMTPConfig      `koanf:"smtp"`
	Internal       InternalConfig  `koanf:"internal"`
	Store          StoreConfig     `koanf:"store"`
	Vault          VaultConfig     `koanf:"vault"`
	Views          ViewsConfig     `koanf:"views"`
	// Role is what this process does: all, api (answers people and services), or consumers (views, messages, deadlines).
	Role string `koanf:"role"`
}

// InternalConfig is what the server shows to those who run it.
type InternalConfig struct {
	HTTP string `koanf:"http"` // where metrics, details of readiness and profiles are served; empty: nowhere
}

// LogConfig is how the server logs.
type LogConfig struct {
	Level  string `koanf:"level"`  // debug, info, warn, error
	Format string `koanf:"format"` // text, json
}

// ErasureConfig is how accounts are erased.
type ErasureConfig struct {
	Grace     time.Duration `koanf:"grace"`      // how long an erasure can be cancelled
	ClockJump time.Duration `koanf:"clock_jump"` // by how much the clock may jump before nothing is destroyed by time
}

// PasswordsConfig is what passwords must be like.
type PasswordsConfig struct {
	MinLength    int    `koanf:"min_length"`
	MaxLength    int    `koanf:"max_length"`
	RequireMixed bool   `koanf:"require_mixed"`
	Breached     string `koanf:"breached"` // file in the format of Have I Been Pwned
	Workers      int    `koanf:"workers"`  // hashes computed at once; 0: one a processor
	Waiting      int    `koanf:"waiting"`  // requests that may wait for a worker
}

// SMTPConfig is the server that e-mail is handed to. Without a host there is none.
type SMTPConfig struct {
	Host         string `koanf:"host"`
	Port         int    `koanf:"port"`
	Username     string `koanf:"username"`
	PasswordFile string `koanf:"password_file"`
	From         string `koanf:"from"`
	TLS          string `koanf:"tls"` // none, opportunistic, mandatory
}

// StoreConfig is the log's.
type StoreConfig struct {
	Engine  string `koanf:"engine"`  // embedded or esdb
	ESDB    string `koanf:"esdb"`    // connection string of EventStoreDB or KurrentDB
	Prefix  string `koanf:"prefix"`  // of the streams' names at EventStoreDB
	Reserve int64  `koanf:"reserve"` // free bytes under which nothing is appended
}

// VaultConfig is the vault's.
type VaultConfig struct {
	Engine   string `koanf:"engine"`   // sqlite or postgres
	Postgres string `koanf:"postgres"` // address of the PostgreSQL server
	Schema   string `koanf:"schema"`   // of the vault's tables there
}

// BackupConfig is what holds for backups.
type BackupConfig struct {
	// Keep is how long each backup is kept: a master key is needed for that long after it went out of use.
	Keep time.Duration `koanf:"keep"`
	// List is the file of the list of destructions, beside the backups; empty: none is kept.
	List string `koanf:"list"`
}

// ViewsConfig is the views'.
type ViewsConfig struct {
	Engine       string `koanf:"engine"`        // sqlite or elasticsearch
	Elastic      string `koanf:"elasticsearch"` // addresses of the nodes, with commas between
	Username     string `koanf:"username"`
	PasswordFile string `koanf:"password_file"`
	CAFile       string `koanf:"ca_file"`    // PEM certificates of who may have signed the nodes' own
	Index        string `koanf:"index"`      // begins the name of every index
	Memory       int64  `koanf:"memory"`     // bytes that filling may take; 0: a share of what there is
	Partitions   int    `koanf:"partitions"` // parts that consumer processes share a view's work by
}

// Roles of a process.
const (
	RoleAll       = "all"
	RoleAPI       = "api"
	RoleConsumers = "consumers"
)

// Prefix of environment variables.
const Prefix = "ACCOUNTLEDGER_"

// testPrefix is for tests' own variables.
const testPrefix = Prefix + "TEST_"

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
	return []Setting{
		{"data", "./data", "folder that holds everything but the master key"},
		{"name", "Account Ledger", "what the service calls itself in messages"},
		{"controller", "", "who decides on the use of people's data, as a short name in lower case; every notice names it"},
		{"http", "127.0.0.1:8080", "where the API listens, HOST:PORT; port 0 picks one"},
		{"http_drain", 5 * time.Second, "how long a stop serves on while /readyz answers 503, so that load balancers turn away first; 0: not at all, as with --dev unless given"},
		{"http_connections", 0, "connections to the API at once, beyond which those that wait longest for a request are closed; 0: as many as the limit of open files allows, at most 4096"},
		{"internal.http", "127.0.0.1:8081", "where metrics, details of readiness and profiles are served, HOST:PORT: for the machine alone, or a network of operators; empty: nowhere; with --dev a free port"},
		{"dev", false, "make a master key in the data folder and keep messages in a local mailbox"},
		{"master_key", "", "file of the master key, or folder of such files (*.key), outside the data folder"},
		{"master_key_older", "", "further files of master keys, with commas between; those that are not there are passed over"},
		{"backup.keep", commands.DefaultBackupKeep, "how long each backup is kept; a master key may be destroyed that long after it went out of use"},
		{"backup.list", "", "file of the list of destructions, beside the backups and outside the data folder; empty: none is kept, and a restore can bring back what was erased after its backup"},
		{"log.level", "info", "debug, info, warn or error"},
		{"log.format", "text", "text or json"},
		{"erasure.grace", 14 * 24 * time.Hour, "how long an erasure waits and can be cancelled"},
		{"erasure.clock_jump", processes.DefaultClockJump, "by how much the clock may be off the log's newest time and a monotonic clock; beyond it nothing is destroyed because of the time before it is back, or confirmed by an operator"},
		{"passwords.min_length", 8, "least characters of a password"},
		{"passwords.max_length", 128, "most characters of a password"},
		{"passwords.require_mixed", false, "ask for three of lower case, upper case, digits, others"},
		{"passwords.breached", "", "file of breached passwords in the format of Have I Been Pwned"},
		{"passwords.workers", 0, "passwords hashed at once; 0: one a processor"},
		{"passwords.waiting", 0, "requests that may wait for a hash, beyond which they are told to come back; 0: 64 a worker"},
		{"smtp.host", "", "mail server; empty: none"},
		{"smtp.port", 587, "port of the mail server"},
		{"smtp.username", "", "user name at the mail server"},
		{"smtp.password_file", "", "file with the password at the mail server"},
		{"smtp.from", "", "address that messages come from"},
		{"smtp.tls", "opportunistic", "none, opportunistic or mandatory"},
		{"store.engine", "embedded", "where the log is: embedded, or esdb"},
		{"store.esdb", "", "connection string of EventStoreDB or KurrentDB, esdb://… or esdb+discover://…"},
		{"store.prefix", esdb.DefaultPrefix, "what the name of every stream at EventStoreDB begins with; each ledger on a server has its own, which ends with a slash"},
		{"vault.engine", "sqlite", "where the vault is: sqlite, or postgres"},
		{"vault.postgres", "", "address of the PostgreSQL server, postgres://…"},
		{"vault.schema", "accountledger_vault", "PostgreSQL schema of the vault's tables; made if it is not there"},
		{"views.engine", "sqlite", "where the views are: sqlite, or elasticsearch"},
		{"views.elasticsearch", "", "addresses of Elasticsearch's nodes, https://…, with commas between"},
		{"views.username", "", "user name at Elasticsearch"},
		{"views.password_file", "", "file with the password at Elasticsearch"},
		{"views.ca_file", "", "file of the PEM certificates that Elasticsearch's are signed by; empty: the machine's"},
		{"views.index", elastic.DefaultPrefix, "what the name of every index at Elasticsearch begins with"},
		{"views.partitions", 2, "parts that consumer processes share the work on a view at Elasticsearch by; a change makes the views anew"},
		{"views.memory", int64(0), "bytes that folding views from the log may take, for views that are lost, rebuild and compare; 0: a quarter of what the process may have, and no more than helps"},
		{"role", RoleAll, "what this process does: all, or, with esdb, postgres and elasticsearch, api or consumers"},
		{"store.reserve", int64(256 << 20), "free bytes under which nothing is appended to the embedded log"},
	}
}

// devDefaults are what dev makes of some settings' defaults.
func devDefaults() map[string]any {
	return map[string]any{"http_drain": time.Duration(0), "internal.http": "127.0.0.1:0"}
}

// LoadConfig reads the configuration: flags given, then the environment, then the file, then defaults. A key that nobody knows is an error.
func LoadConfig(path string, flags map[string]any) (Config, error) {
	env, err := environment()
	if err != nil {
		return Config{}, err
	}
	return loadConfig(path, env, flags)
}

// LoadConfigFile reads one of several configurations that a command is given: the file, then defaults. The environment does
// not count, since it would stand for all of them.
func LoadConfigFile(path string) (Config, error) { return loadConfig(path) }

func loadConfig(path string, layers ...map[string]any) (Config, error) {
	k := koanf.New(".")
	known := map[string]bool{}
	defaults := map[string]any{}
	for _, s := range Settings() {
		defaults[s.Key], known[s.Key] = s.Default, true
	}
	var c Config
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return c, fmt.Errorf("config: file %s: %w", path, err)
		}
	}
	for _, layer := range layers {
		if err := k.Load(confmap.Provider(layer, "."), nil); err != nil {
			return c, fmt.Errorf("config: %w", err)
		}
	}
	for _, key := range k.Keys() {
		if !known[key] {
			return c, fmt.Errorf("config: there is no key %q", key)
		}
	}
	if k.Bool("dev") {
		maps.Copy(defaults, devDefaults())
	}
	whole := koanf.New(".")
	err := errors.Join(whole.Load(confmap.Provider(defaults, "."), nil), whole.Merge(k))
	if err != nil {
		return c, fmt.Errorf("config: defaults: %w", err)
	}
	err = whole.UnmarshalWithConf("", &c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Result: &c, TagName: "koanf", WeaklyTypedInput: true, ErrorUnused: true,
		DecodeHook: mapstructure.StringToTimeDurationHookFunc(),
	}})
	if err != nil {
		return c, fmt.Errorf("config: %w", err)
	}
	return c, c.check()
}

// environment reads ACCOUNTLEDGER_… variables; one that names no key is an error.
func environment() (map[string]any, error) {
	byEnv := map[string]string{}
	for _, s := range Settings() {
		byEnv[s.Env()] = s.Key
	}
	out := map[string]any{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, Prefix) || strings.HasPrefix(name, testPrefix) || name == Prefix+"CONFIG" {
			continue
		}
		key, ok := byEnv[name]
		if !ok {
			return nil, fmt.Errorf("config: there is no setting for environment variable %s", name)
		}
		out[key] = value
	}
	return out, nil
}

func (c *Config) check() error {
	switch {
	case c.Controller != "" && domain.Slug(c.Controller).Validate() != nil:
		return fmt.Errorf("config: controller: give 2 to 40 lower-case letters, digits and single dashes")
	case c.Data == "":
		return fmt.Errorf("config: data: name a folder")
	case c.Backup.Keep < 0:
		return fmt.Errorf("config: backup.keep: give a duration such as 840h, not below 0")
	case c.listInside():
		return fmt.Errorf("config: backup.list: name a file outside the data folder, beside the backups")
	case c.HTTPConnections < 0:
		return fmt.Errorf("config: http_connections: give a number, or 0 for as many as the limit of open files allows")
	case c.HTTPDrain < 0:
		return fmt.Errorf("config: http_drain: give a duration such as 5s, not below 0")
	case c.Erasure.Grace < 0:
		return fmt.Errorf("config: erasure.grace: give a duration such as 336h, not below 0")
	case c.Erasure.ClockJump < time.Hour:
		return fmt.Errorf("config: erasure.clock_jump: give a duration such as 26h, not below 1h")
	case !among(c.Log.Level, "debug", "info", "warn", "error"):
		return fmt.Errorf("config: log.level: give debug, info, warn or error")
	case !among(c.Log.Format, "text", "json"):
		return fmt.Errorf("config: log.format: give text or json")
	case !among(c.SMTP.TLS, "none", "opportunistic", "mandatory"):
		return fmt.Errorf("config: smtp.tls: give none, opportunistic or mandatory")
	case !among(c.Store.Engine, "embedded", "esdb"):
		return fmt.Errorf("config: store.engine: give embedded or esdb")
	case (c.Store.Engine == "esdb") != (c.Store.ESDB != ""):
		return fmt.Errorf("config: store.esdb: give a connection string with store.engine esdb, and only with it")
	case !among(c.Vault.Engine, "sqlite", "postgres"):
		return fmt.Errorf("config: vault.engine: give sqlite or postgres")
	case (c.Vault.Engine == "postgres") != (c.Vault.Postgres != ""):
		return fmt.Errorf("config: vault.postgres: give an address with vault.engine postgres, and only with it")
	case !among(c.Views.Engine, "sqlite", "elasticsearch"):
		return fmt.Errorf("config: views.engine: give sqlite or elasticsearch")
	case (c.Views.Engine == "elasticsearch") != (c.Views.Elastic != ""):
		return fmt.Errorf("config: views.elasticsearch: give addresses with views.engine elasticsearch, and only with it")
	case c.Views.Username != "" && c.Views.PasswordFile == "":
		return fmt.Errorf("config: views.password_file: name the file with the password of views.username")
	case c.Views.Partitions < 1 || c.Views.Partitions > maxPartitions:
		return fmt.Errorf("config: views.partitions: give 1 to %d", maxPartitions)
	case c.Views.Memory != 0 && c.Views.Memory < runner.LeastBudget:
		return fmt.Errorf("config: views.memory: give at least %d bytes, or 0 for a share of what there is", runner.LeastBudget)
	case !among(c.Role, RoleAll, RoleAPI, RoleConsumers):
		return fmt.Errorf("config: role: give all, api or consumers")
	case c.Role != RoleAll && !c.shared():
		return fmt.Errorf("config: role: several processes need engines that they can share: store.engine esdb, vault.engine postgres and views.engine elasticsearch")
	case c.SMTP.Host != "" && c.SMTP.From == "":
		return fmt.Errorf("config: smtp.from: give the address that messages come from")
	}
	return nil
}

// maxPartitions bounds into how many parts a view's work is cut: each of them reads the whole log.
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
