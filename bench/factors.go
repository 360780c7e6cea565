package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/go-json-experiment/json"

	"accountledger/passkeys"
	"accountledger/passkeys/passkeytest"
)

// passkeyRows measures sign-ins by passkeys, and sessions that are raised by them. The authenticators sign in this process, too. The control is
// the check of as many signatures and nothing else.
func passkeyRows(ctx context.Context, c config) ([]Row, error) {
	dir, err := os.MkdirTemp(c.dir, "server")
	if err != nil {
		return nil, err
	}
	s, err := serve(ctx, dir, clients)
	if err != nil {
		return nil, err
	}
	signIns, raises, err := s.byPasskeys(ctx, c)
	if err = errors.Join(err, s.close()); err != nil {
		return nil, err
	}
	control, err := bareSignatures(ctx, c)
	if err != nil {
		return nil, err
	}
	in := compared(fmt.Sprintf("sign-in by passkey over HTTP, %d clients", clients), "sign-ins/s", signIns, control, 0.04)
	in.Note = "goal: 1,000/s; two requests each, challenge and answer; control: checking the signature alone"
	up := compared(fmt.Sprintf("session raised by passkey over HTTP, %d clients", clients), "raises/s", raises, control, 0.04)
	up.Note = in.Note
	return []Row{in, up}, nil
}

func (s *serving) byPasskeys(ctx context.Context, c config) (signIns, raises Rate, err error) {
	page := passkeytest.Page{Origin: "http://localhost:" + s.url[strings.LastIndex(s.url, ":")+1:]}
	devices := make([]*passkeytest.Device, clients)
	for i := range devices {
		devices[i] = passkeytest.New()
		var o passkeys.RegistrationOptions
		if err := s.post(ctx, "/v1/me/factors/passkeys", s.tokens[i], nil, &o); err != nil {
			return Rate{}, Rate{}, err
		}
		if err := s.post(ctx, "/v1/me/factors/passkeys/confirm", s.tokens[i],
			fmt.Appendf(nil, `{"passkey":%s,"name":"bench"}`, devices[i].Make(page, o)), nil); err != nil {
			return Rate{}, Rate{}, err
		}
	}
	sign := func(ctx context.Context, options, answer string, w int) error {
		var o passkeys.AssertionOptions
		if err := s.post(ctx, options, s.tokens[w], nil, &o); err != nil {
			return err
		}
		var in struct {
			Token string `json:"token"`
		}
		err := s.post(ctx, answer, s.tokens[w], fmt.Appendf(nil, `{"passkey":%s}`, devices[w].Sign(page, o)), &in)
		s.tokens[w] = in.Token
		return err
	}
	if signIns, err = load(ctx, clients, c.load, func(ctx context.Context, w, _ int) error {
		return sign(ctx, "/v1/passkeys/challenge", "/v1/passkeys/sessions", w)
	}); err != nil {
		return signIns, raises, err
	}
	raises, err = load(ctx, clients, c.load, func(ctx context.Context, w, _ int) error {
		return sign(ctx, "/v1/me/session/raise/passkey", "/v1/me/session/raise", w)
	})
	return signIns, raises, err
}

// post sends a request and reads its answer into a value, unless that is nil.
func (s *serving) post(ctx context.Context, path, token string, body []byte, into any) error {
	fields, err := send(ctx, s.http, http.MethodPost, s.url+path, token, body)
	if err != nil || into == nil {
		return err
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// bareSignatures checks nothing but signatures.
func bareSignatures(ctx context.Context, c config) (Rate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Rate{}, err
	}
	sum := sha256.Sum256([]byte("signed"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		return Rate{}, err
	}
	return load(ctx, clients, min(c.load, c.length*5), func(context.Context, int, int) error {
		if !ecdsa.VerifyASN1(&key.PublicKey, sum[:], signature) {
			return errors.New("a right signature is refused")
		}
		return nil
	})
}
