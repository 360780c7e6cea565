package operate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
)

// HoldSimulation keeps the simulation's limits in force on a running server, and writes the codes in messages to simulated people as
// lines of JSON, until it is cancelled: when the simulation ends, its connection breaks, or the server stops. The limits and the
// reading of the mailbox are recorded first.
var HoldSimulation = &Operation[None, None]{
	Info: Info{Name: "simulation", Text: true, Records: RecordedFirst, As: domain.OpMailbox, Stops: context.Canceled},
	check: func(_ context.Context, l *Ledger, _ None) error {
		if l.Mailbox == nil {
			return ErrSimulateMail
		}
		return nil
	},
	do: holdSimulation,
}

// simulatedDomain ends simulated people's addresses: nobody else's messages are passed on.
const simulatedDomain = ".example.invalid"

// mailEvery is how often the local mailbox is read while a simulation runs.
const mailEvery = 20 * time.Millisecond

// simulationLine is one line of HoldSimulation.
type simulationLine struct {
	Ready bool   `json:"ready,omitzero"` // the raised limits are in force
	To    string `json:"to,omitzero"`    // of a message
	Code  string `json:"code,omitzero"`
}

func holdSimulation(ctx context.Context, c *call, _ None) (None, error) {
	restore, err := c.raiseLimits(ctx, c.Menu, c.uid)
	if err != nil {
		return None{}, err
	}
	defer restore()
	tail, err := c.Mailbox.Tail()
	if err != nil {
		return None{}, err
	}
	send := func(v simulationLine) error {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		_, err = c.out.Write(append(b, '\n'))
		return errors.Join(err, flush(c.out))
	}
	if err := send(simulationLine{Ready: true}); err != nil {
		return None{}, err
	}
	tick := time.NewTicker(mailEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return None{}, nil
		case <-tick.C:
		}
		messages, err := tail.Next()
		if err != nil {
			return None{}, err
		}
		for _, m := range messages {
			if !strings.HasSuffix(m.To, simulatedDomain) || m.Link != "" { // a code beside a link proves no address
				continue
			}
			if err := send(simulationLine{To: m.To, Code: m.Code}); err != nil {
				return None{}, err
			}
		}
	}
}

// BeginSimulation starts HoldSimulation on a console, and returns once the limits are raised. message gets the codes of messages until
// end is called.
func BeginSimulation(ctx context.Context, c Console, message func(to, code string)) (end func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(HoldSimulation.Write(ctx, c, None{}, w)) }()
	lines := simulationLines(r)
	first, err := lines()
	if err == nil && !first.Ready {
		err = errors.New("the simulation did not begin")
	}
	if err != nil {
		cancel()
		return nil, errors.Join(err, r.Close())
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			v, err := lines()
			if err != nil {
				return
			}
			message(v.To, v.Code)
		}
	}()
	return func() {
		cancel()
		<-ended
		_ = r.Close()
	}, nil
}

// simulationLines reads the lines of HoldSimulation one by one.
func simulationLines(r io.Reader) func() (simulationLine, error) {
	var text []byte
	part := make([]byte, 4<<10)
	return func() (v simulationLine, err error) {
		for bytes.IndexByte(text, '\n') < 0 {
			n, err := r.Read(part)
			text = append(text, part[:n]...)
			if err != nil {
				return v, err
			}
		}
		end := bytes.IndexByte(text, '\n') + 1
		line := text[:end]
		err = json.Unmarshal(line, &v)
		text = text[end:]
		return v, err
	}
}
