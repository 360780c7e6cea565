package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"accountledger/domain"
	"accountledger/journal"
)

// RevealQuestion shows what an officer asked of a view.
type RevealQuestion struct {
	Why
	// Asked is the record of the query that keeps the question.
	Asked domain.EventID `json:"asked"`
	// Named are those whom the query named: who reads it looks at them, too.
	Named []domain.AccountID `json:"-"`
	// Carried is the question as a view carries it; nil: there is no such record.
	Carried []byte `json:"-"`
}

// QuestionRevealed is the question.
type QuestionRevealed struct {
	Record domain.EventID // of the look
	Query  string         // in canonical form, as JSON
}

// Format prints [personal] for every verb.
func (QuestionRevealed) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (QuestionRevealed) LogValue() slog.Value { return hidden() }

// revealQuestion records who reads what an officer asked and why, for each whom it named, then shows it. ErrNotFound, also recorded, if there is
// no such record; ErrQuestionGone once the question's key is destroyed.
func (k *call) revealQuestion(ctx context.Context, in RevealQuestion) (QuestionRevealed, error) {
	if err := in.Validate(); err != nil {
		return QuestionRevealed{}, err
	}
	found := in.Carried != nil
	looks, err := k.looksAt(ctx, in.Why, in.Named)
	if err != nil {
		return QuestionRevealed{}, err
	}
	f, err := k.recordLooks(ctx, looks, 0, func(domain.EventID) any { return domain.AccessQuestionRevealed{Asked: in.Asked, Found: found} })
	if err != nil {
		return QuestionRevealed{}, err
	}
	if !found {
		return QuestionRevealed{}, domain.ErrNotFound
	}
	q, err := journal.OpenCarried[domain.Question](ctx, k.Journal, in.Carried)
	if errors.Is(err, journal.ErrUnreadable) {
		return QuestionRevealed{}, domain.ErrQuestionGone
	}
	return QuestionRevealed{f.ID, q.Query}, err
}
