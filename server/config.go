package server

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// Config is what operators set: by flag, else by ACCOUNTLEDGER_… in the environment, else in the config file, else by default.
type Config struct {
	// Data is the folder that holds everything but the master key.
	Data string `koanf:"data"`
	// Name is what the service calls itself in messages.
	Name string `koanf:"name"`
	// Support is how people reach somebody who helps, and Imprint who is responsible by law; both stand at the end of messages.
	Support string `koanf:"support"`
	Imprint string `koanf:"imprint"`
	// Controller is who decides on the use of people's data; every notice says what it says.
	Controller ControllerConfig `koanf:"controller"`
	// HTTP is where the API listens; port 0 picks a free one.
	HTTP string `koanf:"http"`
	// Origin is where browsers reach the service, https://HOST[:PORT]; empty: not known, or with dev this machine.
	Origin string `koanf:"origin"`
	// HTTPDrain is how long the API keeps serving after a stop was asked for, while /readyz says that it is not ready.
	HTTPDrain time.Duration `koanf:"http_drain"`
	// HTTPConnections is how many connections the API holds at once; 0: as many as the limit of open files allows.
	HTTPConnections int `koanf:"http_connections"`
	// HTTPTrustedProxies are the reverse proxies in front of the API, as addresses or ranges separated by commas.
	HTTPTrustedProxies string `koanf:"http_trusted_proxies"`
	// HTTPClientHeader is the header in which they say where a request came from.
	HTTPClientHeader string    `koanf:"http_client_header"`
	TLS              TLSConfig `koanf:"tls"`
	// Dev makes a master key in the data folder and keeps messages in a local mailbox.
	Dev bool `koanf:"dev"`
	// MasterKey is where the master key is, outside the data folder: a file, or a folder of files that end in ".key".
	MasterKey string `koanf:"master_key"`
	// MasterKeyOlder are further files of master keys, separated by commas.
	MasterKeyOlder string          `koanf:"master_key_older"`
	Backup         BackupConfig    `koanf:"backup"`
	Log            LogConfig       `koanf:"log"`
	Erasure        ErasureConfig   `koanf:"erasure"`
	Recovery       RecoveryConfig  `koanf:"recovery"`
	SignIns        SignInsConfig   `koanf:"sign_ins"`
	Geo            GeoConfig       `koanf:"geo"`
	Abuse          AbuseConfig     `koanf:"abuse"`
	Passwords      PasswordsConfig `koanf:"passwords"`
	SMTP           SMTPConfig      `koanf:"smtp"`
	Internal       InternalConfig  `koanf:"internal"`
	Store          StoreConfig     `koanf:"store"`
	Vault          VaultConfig     `koanf:"vault"`
	Views          ViewsConfig     `koanf:"views"`
	// Role is what this process does: all, api (answers people and services), or consumers (views, messages, deadlines).
	Role string `koanf:"role"`
}

// InternalConfig is the listener for operators.
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

// SignInsConfig is how people sign in.
type SignInsConfig struct {
	Unusual string `koanf:"unusual"` // what an unusual one needs besides the password: off or code
}

// RecoveryConfig is how people get back into their accounts.
type RecoveryConfig struct {
	Wait time.Duration `koanf:"wait"` // before a recovery goes on without a second factor; 0: it never does
}

// GeoConfig is how countries are told from addresses.
type GeoConfig struct {
	Database string `koanf:"database"` // file in the MaxMind DB format; empty: not at all
}

// PasswordsConfig is the policy for passwords, and what hashing may cost.
type PasswordsConfig struct {
	MinLength    int    `koanf:"min_length"`
	MinAlone     int    `koanf:"min_alone"`
	MaxLength    int    `koanf:"max_length"`
	RequireMixed bool   `koanf:"require_mixed"`
	Breached     string `koanf:"breached"` // file of breached passwords, in the format of Have I Been Pwned
	Workers      int    `koanf:"workers"`  // hashes computed at once; 0: one a processor
	Waiting      int    `koanf:"waiting"`  // requests that may wait for a worker
}

// SMTPConfig is the mail server. Without a host there is none.
type SMTPConfig struct {
	Host         string `koanf:"host"`
	Port         int    `koanf:"port"`
	Username     string `koanf:"username"`
	PasswordFile string `koanf:"password_file"`
	From         string `koanf:"from"`
	TLS          string `koanf:"tls"`   // implicit, starttls, none; empty: by the port
	Roots        string `koanf:"roots"` // file of the certificates by which the server is known, PEM; empty: the system's
}

// StoreConfig says where the log is.
type StoreConfig struct {
	Engine string `koanf:"engine"` // embedded or esdb
	ESDB   string `koanf:"esdb"`   // connection string of EventStoreDB or KurrentDB
	// ESDBPasswordFile holds the password of the connection string's user.
	ESDBPasswordFile string `koanf:"esdb_password_file"`
	Prefix           string `koanf:"prefix"`  // of the streams' names at EventStoreDB
	Reserve          int64  `koanf:"reserve"` // free bytes under which nothing is appended
}

// VaultConfig says where the vault is.
type VaultConfig struct {
	Engine   string `koanf:"engine"`   // sqlite or postgres
	Postgres string `koanf:"postgres"` // address of the PostgreSQL server
	Schema   string `koanf:"schema"`   // of the vault's tables there
}

// BackupConfig is about backups and the list of destructions.
type BackupConfig struct {
	// Keep is how long each backup is kept: a master key is needed for that long after it went out of use.
	Keep time.Duration `koanf:"keep"`
	// List is the file of the list of destructions, beside the backups; empty: none is kept.
	List string `koanf:"list"`
}

// ViewsConfig says where the views are.
type ViewsConfig struct {
	Engine       string `koanf:"engine"`        // sqlite or elasticsearch
	Elastic      string `koanf:"elasticsearch"` // addresses of the nodes, separated by commas
	Username     string `koanf:"username"`
	PasswordFile string `koanf:"password_file"`
	CAFile       string `koanf:"ca_file"`    // PEM certificates of the authorities that sign the nodes'
	Index        string `koanf:"index"`      // prefix of every index
	Memory       int64  `koanf:"memory"`     // bytes that filling may use; 0: a share of what there is
	Partitions   int    `koanf:"partitions"` // parts into which consumer processes divide a view's work
}

// Roles of a process.
const (
	RoleAll       = "all"
	RoleAPI       = "api"
	RoleConsumers = "consumers"
)

// SettingError: a setting has a value that it cannot have, or there is no such setting. It never repeats a value.
type SettingError struct {
	// Key is the setting's, dotted as in the file, or the name of an environment variable; "" where the file cannot be read.
	Key string
	// Source is where it was given: the file, the environment variable or the flag; "" where it was not.
	Source  string
	Problem string
	Err     error
}

func (e *SettingError) Error() string {
	text := "config: " + e.Problem
	if e.Key != "" && e.Source != "" {
		text = "config: " + e.Key + " (" + e.Source + "): " + e.Problem
	} else if e.Key != "" {
		text = "config: " + e.Key + ": " + e.Problem
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *SettingError) Unwrap() error { return e.Err }

func wrong(key, problem string) error { return &SettingError{Key: key, Problem: problem} }

// LoadConfig reads the configuration: the flags given, then the environment, then the file, then a command's own defaults, then those
// of Settings. The error is a *SettingError.
func LoadConfig(path string, flags map[string]any, own ...map[string]any) (Config, error) {
	env, err := environment()
	if err != nil {
		return Config{}, err
	}
	return loadConfig(path, own, env, flags)
}

// LoadConfigFile reads one of several configurations that a command is given: the file, then defaults. The environment does
// not count, since it would apply to all of them.
func LoadConfigFile(path string) (Config, error) { return loadConfig(path, nil, nil, nil) }

func loadConfig(path string, own []map[string]any, env, flags map[string]any) (Config, error) {
	from := layers{path: path, env: env, flags: flags}
	c, err := from.load(own)
	var setting *SettingError
	if errors.As(err, &setting) && setting.Source == "" {
		setting.Source = from.source(setting.Key)
	}
	return c, err
}

func (l *layers) load(own []map[string]any) (Config, error) {
	k := koanf.New(".")
	known := map[string]Setting{}
	defaults := map[string]any{}
	for _, s := range Settings() {
		defaults[s.Key], known[s.Key] = s.Default, s
	}
	var c Config
	if l.path != "" {
		if err := k.Load(file.Provider(l.path), yaml.Parser()); err != nil {
			return c, &SettingError{Problem: "file " + l.path, Err: err}
		}
		l.file = k.All()
	}
	for _, layer := range []map[string]any{l.env, l.flags} {
		if err := k.Load(confmap.Provider(layer, "."), nil); err != nil {
			return c, fmt.Errorf("config: %w", err)
		}
	}
	if err := l.checkSecrets(); err != nil {
		return c, err
	}
	for _, key := range k.Keys() {
		s, ok := known[key]
		if !ok {
			return c, wrong(key, "there is no such setting")
		}
		if err := s.checkValue(k.Get(key)); err != nil {
			return c, err
		}
	}
	if k.Bool("dev") {
		maps.Copy(defaults, devDefaults())
	}
	for _, d := range own {
		maps.Copy(defaults, d)
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
		return c, &SettingError{Problem: "a value cannot be read", Err: err}
	}
	return c, c.check()
}
