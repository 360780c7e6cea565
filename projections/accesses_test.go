package projections_test

import (
	"testing"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/projections"
	"accountledger/projections/projectiontest"
)

// corrected records a decision and its correction, as when the account has moved in between.
func corrected(l *projectiontest.Ledger, p *projectiontest.Person) (wrong, right domain.EventID) {
	service := domain.ServiceID{UUID: domain.Derive(p.ID.UUID, "another service")}
	m := domain.Metadata{Actor: domain.Actor{Kind: domain.ActorService, ID: domain.ID[any](service)}, Subject: p.ID, Region: p.Region}
	stream := domain.AccessStream(service.UUID, domain.DayOf(l.Now()))
	decided := domain.AccessDecided{Service: service, Key: 1, Permission: "location", For: "weather", Outcome: domain.Allowed, Reason: domain.ReasonGranted,
		AccountVersion: p.Version - 1, Grant: domain.EventID{UUID: uuid.New()}}
	wrong = l.AppendAs(m, stream, decided).Facts[0].ID
	decided.Outcome, decided.Reason, decided.AccountVersion, decided.Grant = domain.Denied, domain.ReasonWithdrawn, p.Version, domain.EventID{}
	right = l.AppendAs(m, stream, domain.AccessCorrected{AccessDecided: decided, Corrects: wrong}).Facts[0].ID
	return wrong, right
}

// A decision that was corrected is shown once, as the service was told, and counts nowhere else.
func TestCorrectedDecision(t *testing.T) {
	l := projectiontest.New(t)
	anna := l.SignUp("DE", "anna.muster@example.org", map[domain.Permission]*domain.Notices{"location": l.Notices("location")})
	wrong, right := corrected(l, anna)
	rebuilt(t, l)
	for _, d := range projections.All() {
		seen := 0
		for _, doc := range live(t, l, d.Schema) {
			if doc.Deleted || doc.ID != wrong.String() && doc.ID != right.String() {
				continue
			}
			seen++
			value := func(field string) string { return doc.Values[d.Field(field)].Text() }
			if doc.ID != right.String() || value("kind") != projections.AccessDecided || value("outcome") != "denied" || value("corrects") != wrong.String() {
				t.Errorf("view %s shows %s: %+v", d.Name, doc.ID, doc.Values)
			}
		}
		if want := map[bool]int{true: 1}[d.Name == "accesses"]; seen != want {
			t.Errorf("view %s has %d documents of the decision, want %d", d.Name, seen, want)
		}
	}
}
