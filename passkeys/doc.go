// Package passkeys makes the options of WebAuthn ceremonies and checks what authenticators answer (WebAuthn Level 3). It keeps nothing: challenges
// carry all that they are checked by, and whoever takes an answer remembers which challenges were answered, the count of signatures and the
// backup state.
package passkeys
