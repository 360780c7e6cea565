package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type catalogueIn struct {
	Language       string `query:"language" format:"language" doc:"The language of texts (BCP 47). Defaults to your own if you are signed in, then to Accept-Language, then to English." example:"de"`
	AcceptLanguage string `header:"Accept-Language" doc:"Used if the parameter is missing and you are not signed in as a person."`
}

type catalogueOut struct {
	Vary string `header:"Vary"`
	Body catalogueAnswer
}

type catalogueAnswer struct {
	Permissions []cataloguePermission `json:"permissions"`
	DeviceKinds []domain.DeviceKind   `json:"device_kinds"`
}

type cataloguePermission struct {
	Permission  domain.Permission  `json:"permission" example:"location"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Default     domain.State       `json:"default" enum:"none" doc:"Every permission is off until you decide."`
	Data        []catalogueData    `json:"data" doc:"The categories of personal data."`
	Purposes    []cataloguePurpose `json:"purposes"`
	Notice      *catalogueNotice   `json:"notice,omitzero" doc:"Show it before the person decides."`
}

type catalogueData struct {
	Category domain.Term `json:"category" example:"pd:Location" doc:"A term of W3C's Data Privacy Vocabulary."`
	Title    string      `json:"title"`
}

type cataloguePurpose struct {
	Purpose     domain.Purpose    `json:"purpose" example:"navigation"`
	LegalBasis  domain.LegalBasis `json:"legal_basis"`
	Description string            `json:"description"`
	DPV         domain.Term       `json:"dpv" example:"dpv:RequestedServiceProvision" doc:"The purpose as a term of W3C's Data Privacy Vocabulary."`
	Retention   domain.Retention  `json:"retention" doc:"How long the data is kept for it, at most."`
	Recipients  domain.Recipients `json:"recipients" doc:"Who gets the data: nobody but the controller, or connected services that may ask for this purpose, too."`
}

type catalogueNotice struct {
	ID         domain.EventID       `json:"id" format:"uuid" doc:"Send it when granting."`
	Version    int                  `json:"version"`
	Material   bool                 `json:"material" doc:"Consent given on an earlier version does not carry over."`
	Language   domain.Language      `json:"language"`
	Controller domain.Slug          `json:"controller"`
	Name       domain.PublishedLine `json:"controller_name"`
	Hash       domain.Hash          `json:"hash" doc:"SHA-256 of the text."`
	Text       domain.PublishedText `json:"text"`
}

// catalogue lists what people can decide on, with the notices in force.
func (a *API) catalogue() {
	route(a, operation("catalogue", "GET", "/v1/catalogue", "signing up", "List permissions and device kinds",
		"Permissions with their purposes and the notices in force, and kinds of devices. A decision is on a purpose, for every service alike. "+
			"No sign-in needed."), of(a.Menu.Catalogue.May),
		func(ctx context.Context, r *ask, in *catalogueIn) (*catalogueOut, error) {
			ask := commands.Catalogue{Preferred: domain.Negotiate(in.AcceptLanguage)}
			if in.Language != "" {
				var err error
				if ask.Language, err = domain.ParseLanguage(in.Language); err != nil {
					return nil, domain.ErrLanguage.At("")
				}
			}
			out, err := a.Menu.Catalogue(ctx, r.Request, ask)
			if err != nil {
				return nil, err
			}
			ans := catalogueAnswer{make([]cataloguePermission, len(out.Value)), domain.DeviceKinds()}
			for i, e := range out.Value {
				ans.Permissions[i] = cataloguePermissionOf(e)
			}
			return &catalogueOut{"Accept-Language, Authorization", ans}, nil
		}, domain.ErrLanguage)
}

func cataloguePermissionOf(e commands.CatalogueEntry) cataloguePermission {
	p := cataloguePermission{Permission: e.Key, Default: domain.StateNone}
	p.Title, _ = e.Title.In(e.Language)
	p.Description, _ = e.Description.In(e.Language)
	for _, d := range e.Data {
		title, _ := domain.TheCatalogue().Category(d).In(e.Language)
		p.Data = append(p.Data, catalogueData{d, title})
	}
	for _, u := range e.Purposes {
		text, _ := u.Description.In(e.Language)
		p.Purposes = append(p.Purposes, cataloguePurpose{u.Key, u.LegalBasis, text, u.Term, u.Retention, u.Recipients})
	}
	if n := e.Current; !n.Event.IsZero() {
		p.Notice = &catalogueNotice{n.Event, n.Version, n.Material, n.Language, n.Controller, n.By.Name, n.Hash, n.Text}
	}
	return p
}
