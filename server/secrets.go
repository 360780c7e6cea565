package server

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
)

// secretKeys are settings whose values can hold a password.
func secretKeys() []string { return []string{"vault.postgres", "store.esdb", "views.elasticsearch"} }

// keyedPassword is a password in a connection string of keywords and values.
var keyedPassword = regexp.MustCompile(`(?i)(^|\s|[?&])(password|pass|pwd|sslpassword)\s*=\s*[^\s&]`)

// holdsPassword reports whether one of the addresses of a setting has a password in it.
func holdsPassword(value string) bool {
	for _, address := range separated(value) {
		u, err := url.Parse(address)
		if err == nil && u.User != nil {
			if _, set := u.User.Password(); set {
				return true
			}
		}
	}
	return keyedPassword.MatchString(value)
}

// othersRead are the permissions of a file that everybody on the machine may read.
const othersRead os.FileMode = 0o004

// checkSecrets refuses a password where others on the machine can read it: on the command line, which every process list shows, and in
// a file that is open to all.
func (l *layers) checkSecrets() error {
	for _, key := range secretKeys() {
		if value, ok := l.flags[key].(string); ok && holdsPassword(value) {
			return wrong(key, fmt.Sprintf("a password on a command line is shown to everybody on this machine: give the setting in the environment (%s) "+
				"or in a configuration file", Setting{Key: key}.Env()))
		}
		if value, ok := l.file[key].(string); ok && holdsPassword(value) {
			if info, err := os.Stat(l.path); err == nil && info.Mode().Perm()&othersRead != 0 {
				return wrong(key, "the file holds a password, and everybody on this machine can read it: chmod o-rwx "+l.path)
			}
		}
	}
	return nil
}

// namesUser reports whether an address has a user in it.
func namesUser(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.User != nil && u.User.Username() != ""
}

// connection is the log server's connection string, with the password from its file.
func (c *StoreConfig) connection() (string, error) {
	password, err := readSecret("store.esdb_password_file", c.ESDBPasswordFile)
	if err != nil || password == "" {
		return c.ESDB, err
	}
	u, err := url.Parse(c.ESDB)
	if err != nil {
		return "", wrong("store.esdb", "not an address")
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}
