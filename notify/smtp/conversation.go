package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	gosmtp "github.com/wneessen/go-mail/smtp"

	"accountledger/notify"
)

// How long the server may take for each step (RFC 5321, section 4.5.3.2).
const (
	connectTime  = 30 * time.Second
	greetingTime = 5 * time.Minute
	commandTime  = 5 * time.Minute // MAIL and RCPT, and what comes before
	dataTime     = 2 * time.Minute
	blockTime    = 3 * time.Minute
	answerTime   = 10 * time.Minute // after the final dot
)

// Times are the time limits of a conversation's steps. The zero value is for those of RFC 5321, section 4.5.3.2; tests have shorter ones.
type Times struct{ Connect, Greeting, Command, Data, Block, Answer time.Duration }

func (t Times) withDefaults() Times {
	for _, one := range []struct {
		is  *time.Duration
		std time.Duration
	}{{&t.Connect, connectTime}, {&t.Greeting, greetingTime}, {&t.Command, commandTime}, {&t.Data, dataTime}, {&t.Block, blockTime}, {&t.Answer, answerTime}} {
		if *one.is == 0 {
			*one.is = one.std
		}
	}
	return t
}

// conversation is with the server about one message. It ends with its context.
type conversation struct {
	*Transport
	ctx    context.Context //nolint:containedctx // it lives as long
	conn   net.Conn
	unbind func() bool // of the connection from ctx
	client *gosmtp.Client
	step   notify.Step
	told   func(Progress)
}

// Progress is a step that succeeded. What the server said is left out, but for the version of TLS and the name in its certificate.
type Progress struct {
	Step   notify.Step `json:"step"`
	Detail string      `json:"detail,omitzero"`
}

// converse connects, encrypts and signs in. The caller closes the conversation, also after an error, which is a *notify.SendError.
func (c *Transport) converse(ctx context.Context, told func(Progress)) (*conversation, error) {
	v := &conversation{Transport: c, ctx: ctx, told: told}
	for _, step := range []struct {
		name notify.Step
		do   func() (detail string, err error)
	}{{notify.StepConnect, v.connect}, {notify.StepGreeting, v.greet}, {notify.StepTLS, v.encrypt}, {notify.StepSignIn, v.signIn}} {
		if err := v.take(step.name, step.do); err != nil {
			return v, err
		}
	}
	return v, nil
}

// take takes a step and tells of it.
func (v *conversation) take(step notify.Step, do func() (string, error)) error {
	v.step = step
	detail, err := do()
	if err != nil {
		return v.failure(err)
	}
	if v.told != nil && (detail != "" || step != notify.StepTLS && step != notify.StepSignIn) { // which may have nothing to do
		v.told(Progress{step, detail})
	}
	return nil
}

// within sets the time limit of what follows.
func (v *conversation) within(d time.Duration) {
	_ = v.conn.SetDeadline(time.Now().Add(d)) // a connection that fails here fails at the next step
}

func (v *conversation) connect() (string, error) {
	c := &v.config
	ctx, cancel := context.WithTimeout(v.ctx, c.Times.Connect)
	defer cancel()
	at := net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
	conn, err := (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext(ctx, "tcp", at)
	if err != nil {
		return "", err
	}
	v.conn, v.unbind = conn, context.AfterFunc(v.ctx, func() { _ = conn.Close() })
	return at, nil
}

// greet says hello; with implicit TLS the connection is encrypted before.
func (v *conversation) greet() (string, error) {
	c := &v.config
	v.within(c.Times.Greeting)
	if c.TLS == TLSImplicit {
		encrypted := tls.Client(v.conn, c.tls())
		v.step = notify.StepTLS
		if err := encrypted.HandshakeContext(v.ctx); err != nil {
			return "", err
		}
		v.step, v.conn = notify.StepGreeting, encrypted
	}
	var err error
	if v.client, err = gosmtp.NewClient(v.conn, c.Host); err != nil {
		return "", err
	}
	return "", v.client.Hello(c.Helo)
}

var errNoTLS = errors.New("smtp: the server offers no STARTTLS")

func (v *conversation) encrypt() (string, error) {
	c := &v.config
	v.within(c.Times.Command)
	if c.TLS == TLSStart {
		if offered, _ := v.client.Extension("STARTTLS"); !offered {
			return "", errNoTLS
		}
		if err := v.client.StartTLS(c.tls()); err != nil {
			return "", err
		}
	}
	state, err := v.client.GetTLSConnectionState()
	if err != nil || state == nil {
		return "", nil //nolint:nilerr // it is not encrypted
	}
	detail := tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		if names := state.PeerCertificates[0].DNSNames; len(names) > 0 {
			detail += ", certificate of " + names[0]
		}
	}
	return detail, nil
}

var errNoMechanism = errors.New("smtp: no way to sign in that both know")

// signIn uses the strongest way that the server offers.
func (v *conversation) signIn() (string, error) {
	c := &v.config
	if c.Username == "" {
		return "", nil
	}
	v.within(c.Times.Command)
	_, offered := v.client.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	open := c.TLS == TLSNone
	for _, way := range []struct {
		name string
		auth gosmtp.Auth
	}{
		{"SCRAM-SHA-256", gosmtp.ScramSHA256Auth(c.Username, c.Password)}, {"SCRAM-SHA-1", gosmtp.ScramSHA1Auth(c.Username, c.Password)},
		{"CRAM-MD5", gosmtp.CRAMMD5Auth(c.Username, c.Password)}, {"PLAIN", gosmtp.PlainAuth("", c.Username, c.Password, c.Host, false)},
		{"LOGIN", gosmtp.LoginAuth(c.Username, c.Password, c.Host, false)},
	} {
		if open && (way.name == "PLAIN" || way.name == "LOGIN") && !IsLoopback(c.Host) {
			continue // the password is never sent in clear text over a network
		}
		if slices.Contains(ways, way.name) {
			return way.name, v.client.Auth(way.auth)
		}
	}
	return "", errNoMechanism
}

var errNoUTF8 = errors.New("smtp: the server takes no international addresses (SMTPUTF8)")

// hand hands over a message, up to the server's answer after the final dot.
func (v *conversation) hand(from, to string, text []byte) error {
	t := v.config.Times
	if known, _ := v.client.Extension("SMTPUTF8"); !known && !isASCII(to) {
		v.step = notify.StepRecipient
		return v.failure(errNoUTF8)
	}
	if err := v.take(notify.StepSender, func() (string, error) {
		v.within(t.Command)
		v.client.SkipSMTPUTF8(isASCII(to)) // only for who needs it (RFC 6531, section 3.2): those who pass it on may not know it
		return "", v.client.Mail("<" + from + ">")
	}); err != nil {
		return err
	}
	if err := v.take(notify.StepRecipient, func() (string, error) {
		v.within(t.Command)
		return "", v.client.Rcpt("<" + to + ">")
	}); err != nil {
		return err
	}
	v.step = notify.StepContent
	v.within(t.Data)
	w, err := v.client.Data()
	if err != nil {
		return v.failure(err)
	}
	v.within(t.Block)
	if _, err := w.Write(text); err != nil {
		return v.failure(err)
	}
	return v.take(notify.StepAnswer, func() (string, error) {
		v.within(t.Answer)
		return "", w.Close()
	})
}

// close ends the conversation; politely if the message was taken.
func (v *conversation) close(taken bool) {
	switch {
	case v.conn == nil:
		return
	case taken:
		v.within(v.config.Times.Connect)
		_ = v.client.Quit() // the server has already accepted the message
	}
	v.unbind()
	_ = v.conn.Close()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// IsLoopback reports whether a host is this machine.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
