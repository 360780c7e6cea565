package server

import "errors"

// ErrNoMessages: the server would have no way to send a code to anybody.
var ErrNoMessages = errors.New("messages cannot be sent: configure a mail server (--smtp-host and --smtp-from), or give --dev for a local mailbox")

// ErrNoController: nobody would stand behind the notices that people decide on.
var ErrNoController = errors.New("say who decides on the use of people's data (--controller NAME): every notice names it")

// Servable refuses a configuration that commands can work with and a server cannot. It makes nothing, so that a first
// start that fails on its configuration leaves nothing behind.
func (c *Config) Servable() error {
	if c.SMTP.Host == "" && !c.Dev && c.Role != RoleAPI {
		return ErrNoMessages
	}
	if c.Controller == "" && !c.Dev {
		return ErrNoController
	}
	_, err := keyFiles(c)
	return err
}
