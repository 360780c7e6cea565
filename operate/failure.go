package operate

// Exit is how a command ended, as the program's exit code.
type Exit int

// Exit codes. A command that a signal ended has 128 and the signal's number.
const (
	// ExitDone: it is done.
	ExitDone Exit = 0
	// ExitFailed: it failed, or found a fault in the ledger.
	ExitFailed Exit = 1
	// ExitUsage: the command line or the configuration is wrong.
	ExitUsage Exit = 2
	// ExitUnreachable: there is no server or ledger here, an engine cannot be reached, or the connection broke.
	ExitUnreachable Exit = 3
	// ExitRefused: the ledger, or its state, does not allow it; the same command is refused again until something is changed.
	ExitRefused Exit = 4
	// ExitNotYet: it is not possible yet; the same command can work later.
	ExitNotYet Exit = 5
)

// Failure is why a command failed, for machines and people.
type Failure struct {
	Code    string `json:"code"`    // one of the domain's codes, or of those in the server's exit.go
	Message string `json:"message"` // for people
	// Field is what is at fault, if one thing is: a JSON pointer into the command's input, or a setting's key.
	Field string `json:"field,omitzero"`
	Exit  Exit   `json:"exit"`
}

// Error makes a Failure an error, as it comes over the control socket.
func (f *Failure) Error() string { return f.Message }
