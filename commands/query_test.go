package commands_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// naming is a query that names people.
func naming(people ...domain.AccountID) commands.RecordQuery {
	return commands.RecordQuery{Why: commands.Why{Purpose: domain.LookFraud, Case: "FR-2026-9"}, View: "activity", Query: []byte(`{"filter":"some"}`),
		Rows: 7, Names: true, People: people}
}

// looks are the newest n records of accesses, the oldest first.
func (w *world) looks(n int) []domain.Fact {
	w.t.Helper()
	var out []domain.Fact
	for _, f := range w.log() {
		if strings.HasPrefix(f.Stream, "access-") {
			out = append(out, f)
		}
	}
	return out[len(out)-n:]
}

// A query that names people is a look at each: purpose, case and subject are on record, and the question once.
func TestAQueryThatNamesPeopleIsALook(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Grace = 0
	w.restart()
	anna, ben, gone := w.person(ada), w.person("ben@example.com"), w.person("gone@example.com")
	do(w, w.RequestErasure, gone, commands.RequestErasure{})
	do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: gone.Account})
	officer, analyst := w.officer("grace@example.com", domain.RoleCompliance), w.officer("edsger@example.com", domain.RoleAnalyst)
	nobody := domain.AccountID{UUID: uuid.New()}
	var first domain.EventID
	three := []string{"access.queried.v1", "access.queried.v1", "access.queried.v1"}
	w.appended(three, func() {
		first = do(w, w.RecordQuery, officer, naming(anna.Account, nobody, ben.Account, gone.Account, anna.Account))
	})
	for i, f := range w.looks(3) {
		e, _ := f.Event.(domain.AccessQueried)
		kept, err := journal.Open(t.Context(), w.journal, f, e.Question)
		if want := []domain.AccountID{anna.Account, ben.Account, gone.Account}[i]; f.Subject != want || f.Region != "DE" || f.Purpose != domain.LookFraud ||
			f.Case != "FR-2026-9" || f.Actor.ID.UUID != officer.Staff.UUID || e.Rows != 7 {
			t.Errorf("look %d: %+v", i, f)
		}
		if i == 0 && (f.ID != first || !e.Asked.IsZero() || err != nil || kept.Query != `{"filter":"some"}`) || i > 0 && (e.Asked != first || kept.Query != "") {
			t.Errorf("look %d does not lead to the question: %+v %v", i, e, err)
		}
	}
	w.appended([]string{"access.queried.v1"}, func() { do(w, w.RecordQuery, officer, naming(nobody)) })
	if f := w.lastAccess(); !f.Subject.IsZero() || f.Case != "FR-2026-9" {
		t.Errorf("of nobody: %+v", f)
	}
	stale, purpose, case_, many, long := officer, naming(anna.Account), naming(anna.Account), naming(), naming(anna.Account)
	stale.ProofAge = 16 * time.Minute
	purpose.Purpose, case_.Case = "", ""
	for range domain.MaxNamed + 1 {
		many.People = append(many.People, domain.AccountID{UUID: uuid.New()})
	}
	long.Query = make([]byte, domain.MaxQuestion+1)
	voluntary := commands.RecordQuery{View: "activity", Query: []byte("q"), Why: commands.Why{Case: "AB-1"}}
	w.appended(nil, func() {
		refused(w, w.RecordQuery, officer, purpose, domain.ErrLookPurpose)
		refused(w, w.RecordQuery, officer, case_, domain.ErrCase)
		refused(w, w.RecordQuery, officer, many, domain.ErrNamed)
		refused(w, w.RecordQuery, officer, long, domain.ErrQuestion)
		refused(w, w.RecordQuery, officer, voluntary, domain.ErrLookPurpose)
		refused(w, w.RecordQuery, stale, naming(anna.Account), domain.ErrStepUp)
		inDaily := naming(anna.Account)
		inDaily.View = commands.DailyView
		refused(w, w.RecordQuery, analyst, inDaily, domain.ErrForbidden)
	})
	do(w, w.RecordQuery, stale, commands.RecordQuery{View: "activity", Query: []byte("q")}) // it names nobody
}

// The longest queries of many officers at once are all recorded, each with all its looks: appends are cut to what the log takes.
func TestLongQueriesAtOnce(t *testing.T) {
	w := newWorld(t)
	officer := w.officer("grace@example.com", domain.RoleCompliance)
	in := naming()
	for _, name := range []string{"a", "b", "c", "d"} {
		in.People = append(in.People, w.person(name+"@example.com").Account)
	}
	in.Query = []byte(strings.Repeat(`"`, domain.MaxQuestion)) // the longest once it is escaped
	const queries = 40
	before := len(w.log())
	var all sync.WaitGroup
	for range queries {
		all.Go(func() { do(w, w.RecordQuery, officer, in) })
	}
	all.Wait()
	var subjects []domain.AccountID
	for _, f := range w.log()[before:] {
		subjects = append(subjects, f.Subject)
	}
	if len(subjects) != queries*len(in.People) {
		t.Fatalf("%d looks", len(subjects))
	}
	for each := range slices.Chunk(subjects, len(in.People)) {
		if !slices.Equal(each, in.People) {
			t.Fatal("the looks of one query are torn apart")
		}
	}
}

// What an officer asked is read on the record, until its key is destroyed.
func TestRevealQuestion(t *testing.T) {
	w := newWorld(t)
	anna := w.person(ada)
	officer, auditor := w.officer("grace@example.com", domain.RoleCompliance), w.officer("edsger@example.com", domain.RoleCompliance)
	asked := do(w, w.RecordQuery, officer, naming(anna.Account))
	f := w.lastAccess()
	in := commands.RevealQuestion{Why: commands.Why{Purpose: domain.LookAudit, Case: "AUD-1"}, Asked: asked,
		Carried: journal.Carry(f, f.Event.(domain.AccessQueried).Question)}
	var got commands.QuestionRevealed
	w.appended([]string{"access.question_revealed.v1"}, func() { got = do(w, w.RevealQuestion, auditor, in) })
	if e := w.lastAccess(); got.Query != `{"filter":"some"}` || got.Record != e.ID || e.Event != (domain.AccessQuestionRevealed{Asked: asked, Found: true}) ||
		e.Purpose != domain.LookAudit || e.Case != "AUD-1" || e.Actor.ID.UUID != auditor.Staff.UUID {
		t.Errorf("%s %+v", got.Query, e)
	}
	stale, why, unknown := auditor, in, in
	stale.ProofAge, why.Case, unknown.Carried = 16*time.Minute, "", nil
	w.appended(nil, func() {
		refused(w, w.RevealQuestion, stale, in, domain.ErrStepUp)
		refused(w, w.RevealQuestion, auditor, why, domain.ErrCase)
	})
	w.appended([]string{"access.question_revealed.v1"}, func() { refused(w, w.RevealQuestion, auditor, unknown, domain.ErrNotFound) })
	if err := w.journal.Destroy(t.Context(), domain.LedgerKey()); err != nil {
		t.Fatal(err)
	}
	w.appended([]string{"access.question_revealed.v1"}, func() { refused(w, w.RevealQuestion, auditor, in, domain.ErrQuestionGone) })
}
