package projections_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
)

// TestSignInsAreOfPeople: officers' sessions leave no document, and neither does the end of one. A person's client is carried sealed, and opens
// until the key of its month is destroyed.
func TestSignInsAreOfPeople(t *testing.T) {
	l := projectiontest.New(t)
	anna := l.SignUp("DE", "anna@example.org", nil)
	month := domain.MonthOf(l.Now())
	start := func(owner domain.ActorKind, id uuid.UUID, key string) domain.SessionID {
		session := domain.SessionID{UUID: uuid.New()}
		self := domain.Metadata{Actor: domain.Actor{Kind: owner, ID: domain.ID[any]{UUID: id}}}
		if owner == domain.ActorPerson {
			self.Subject = anna.ID
		}
		l.AppendAs(self, domain.SessionsStream(id, month), domain.SessionStarted{Session: session, Owner: owner, SecretHash: domain.HashHandle(session.String()),
			Expires: l.Now().Add(time.Hour), Level: domain.LevelOne, Methods: []domain.AuthMethod{domain.MethodPassword, domain.MethodCode}, NewClient: true,
			Unusual: []domain.Unusual{domain.UnusualClient, domain.UnusualCountry},
			Client:  domain.Personal(domain.ClientInfo{Address: "192.0.2.7", UserAgent: "a browser", Country: "FR"}, key, domain.MonthKey(month))},
			domain.SessionEnded{Session: session, Reason: domain.SessionDisplaced})
		return session
	}
	officer := domain.StaffID{UUID: uuid.New()}
	start(domain.ActorStaff, officer.UUID, domain.StaffKey(officer))
	session := start(domain.ActorPerson, anna.ID.UUID, domain.AccountKey(anna.ID))
	rebuilt(t, l)
	schema := projections.SignIns().Schema
	client := sealed(t, l, schema, "client")
	d := live(t, l, schema)[0]
	text := func(field string) string { return d.Values[schema.Field(field)].Text() }
	if d.ID != session.String() || text("account") != anna.ID.String() || text("methods") != "password+code" || text("unusual") != "new_client country" ||
		text("ended") != "displaced" {
		t.Errorf("%s: %s, %s, %s, %s", d.ID, text("account"), text("methods"), text("unusual"), text("ended"))
	}
	if c, err := journal.OpenCarried[domain.ClientInfo](t.Context(), l.Journal, client); err != nil || c.Country != "FR" {
		t.Error(err)
	}
	if err := l.Journal.Destroy(t.Context(), domain.MonthKey(month)); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.OpenCarried[domain.ClientInfo](t.Context(), l.Journal, client); !errors.Is(err, journal.ErrUnreadable) {
		t.Error(err)
	}
}
