package commands

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// A link in a message lets somebody who is not signed in do one thing, such as undoing the removal of an address. It carries a token in
// the fragment of its address, which browsers send to nobody, and neither the token nor the code beside the link is ever stored: both are
// keyed hashes over the event that the message tells of. Opening a link does nothing, and no more does sending the form behind it, as
// programs do that look for dangers in mail: the act takes the code, typed, with five tries a link. A new kind of link is a domain.LinkKind
// and a call of follow.

// LinkToken is what the link of a message carries. Whoever has it can try the codes beside it, so it prints as [token].
type LinkToken string

// Format prints [token] for every verb.
func (LinkToken) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[token]")) }

// LogValue logs [token].
func (LinkToken) LogValue() slog.Value { return slog.StringValue("[token]") }

// linkCodeDigits is the length of the code beside a link.
const linkCodeDigits = 6

// tokenBytes are the ids of account and event, the time of the event, and 256 bits of hash.
const tokenBytes = 16 + 16 + 8 + 32

// linkOf is a link that an event of an account has sent.
type linkOf struct {
	kind    domain.LinkKind
	account domain.AccountID
	event   domain.EventID
	at      time.Time // of the event, to the second
}

func (c *core) linkMAC(what string, l linkOf) [32]byte {
	return c.keys.links.MAC([]byte(what), []byte(l.kind), l.account.UUID[:], l.event.UUID[:], l.second())
}

func (l linkOf) second() []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(l.at.Unix())) //nolint:gosec // the same for one time
}

// linkToken is the token of a link.
func (c *core) linkToken(l linkOf) LinkToken {
	mac := c.linkMAC("token", l)
	b := slices.Concat(l.account.UUID[:], l.event.UUID[:], l.second(), mac[:])
	return LinkToken(base64.RawURLEncoding.EncodeToString(b))
}

// linkCode is the code beside a link.
func (c *core) linkCode(l linkOf) string { return domain.CodeInput{}.Code(c.linkMAC("code", l)) }

// parseLink reads a token that linkToken made, on its own or as the fragment of the whole link.
func (c *core) parseLink(kind domain.LinkKind, token LinkToken) (linkOf, bool) {
	text := string(token)
	if at := strings.LastIndexByte(text, '#'); at >= 0 {
		text = text[at+1:]
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != tokenBytes {
		return linkOf{}, false
	}
	at := time.Unix(int64(binary.BigEndian.Uint64(b[32:40])), 0) //nolint:gosec // ours, or the hash is wrong
	l := linkOf{kind, domain.AccountID{UUID: uuid.UUID(b[:16])}, domain.EventID{UUID: uuid.UUID(b[16:32])}, at}
	mac := c.linkMAC("token", l)
	return l, subtle.ConstantTimeCompare(b[40:], mac[:]) == 1
}

// act is what a link is for: it decides on the account. It may refuse a link before the code is looked at, for instance one that is too old.
type act func(a *domain.Account) ([]any, error)

// follow does what a link is for, in one append, if the code beside it is right. prepare gives the act; it is called for the right code of
// a link that can still be used, and may read and take a place for a message. A repeat under the same Idempotency-Key gets the first
// answer. may refuses a link that cannot be used any more, whatever the code.
func (k *call) follow(ctx context.Context, kind domain.LinkKind, token LinkToken, code string, may func(*domain.Account, linkOf) error,
	prepare func(context.Context, *domain.Account, linkOf) (act, error)) error {
	done, err := k.countLink(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = done(ctx, false) }()
	l, ok := k.parseLink(kind, token)
	if !ok {
		return errors.Join(domain.ErrLink, done(ctx, true))
	}
	typed := domain.CleanCode(code)
	if len(typed) != linkCodeDigits || strings.Trim(typed, "0123456789") != "" { // nobody guesses so
		return domain.ErrCode
	}
	k.bind([]byte(string(kind) + string(token) + typed))
	right := subtle.ConstantTimeCompare([]byte(typed), []byte(k.linkCode(l))) == 1
	at, err := k.readToTell(ctx, l.account)
	if err != nil {
		return err
	}
	does := act(func(*domain.Account) ([]any, error) { return nil, nil })
	if len(at.before(k.command)) == 0 {
		if err := errors.Join(at.state.LinkOpen(kind, l.event), may(at.state, l)); err != nil {
			return err
		}
		if right {
			if does, err = prepare(ctx, at.state, l); err != nil {
				return err
			}
		}
	}
	out, err := k.change(ctx, l.account, func(a *domain.Account) ([]any, error) {
		if err := errors.Join(a.LinkOpen(kind, l.event), may(a, l)); err != nil {
			return nil, err
		}
		if !right {
			return []any{a.FailLink(kind, l.event)}, nil
		}
		events, err := does(a)
		return append([]any{domain.LinkUsed{Link: kind, Of: l.event}}, events...), err
	})
	if err != nil {
		return err
	}
	if failed, wrong := out.facts[0].Event.(domain.LinkFailed); wrong {
		return failed.Refusal()
	}
	return nil
}

// countLink counts a link that is none against the limits of the client's network. No token is guessed; it only keeps the log of
// refusals small.
func (k *call) countLink(ctx context.Context) (done func(context.Context, bool) error, err error) {
	network := networkOf(k.Client.Address)
	if network == "" {
		return k.attempt(nil)
	}
	one, err := k.counter(ctx, limit{domain.AttemptLink, []Limit{k.Config.Limits.Links}, [][]byte{[]byte(network)}})
	if err != nil {
		return nil, err
	}
	return k.attempt([]*counter{one})
}
