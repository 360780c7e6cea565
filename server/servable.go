package server

import (
	"errors"
	"fmt"
)

// ErrNoMessages: the server would have no way to send a code to anybody.
var ErrNoMessages = errors.New("messages cannot be sent: configure a mail server (--smtp-host and --smtp-from), or give --dev for a local mailbox")

// ErrNoController: nobody would stand behind the notices that people decide on.
var ErrNoController = errors.New("say who decides on the use of people's data (--controller-id, -name, -address, -contact, -jurisdiction and -places): " +
	"every notice says it")

// Servable refuses a configuration that commands can work with and a server cannot. It makes nothing, so that a first
// start that fails on its configuration leaves nothing behind.
func (c *Config) Servable() error {
	if c.SMTP.Host == "" && !c.Dev && c.Role != RoleAPI {
		return ErrNoMessages
	}
	if err := c.HasController(); err != nil {
		return err
	}
	_, err := keyFiles(c)
	return err
}

// HasController refuses a configuration without a whole description of the controller.
func (c *Config) HasController() error {
	if key := c.Controller.missing(); key != "" {
		return fmt.Errorf("%s is not set: %w", key, ErrNoController)
	}
	return nil
}
