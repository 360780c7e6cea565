package api

import (
	"context"

	"accountledger/commands"
	"accountledger/domain"
)

type setLanguageIn struct {
	Keyed
	Body body[setLanguageBody]
}

type setLanguageBody struct {
	Language string `json:"language" format:"language" doc:"BCP 47, in any case." example:"zh-Hans"`
}

type languageAnswer struct {
	Language domain.Language `json:"language" doc:"In canonical form."`
}

// setLanguage changes the language of messages and notices to a person.
func (a *API) setLanguage() {
	route(a, operation("setLanguage", "PUT", "/v1/me/language", "me", "Set your language",
		"Messages and notices to you are in this language from now on, or in the closest language that there are texts in."), of(a.Menu.SetLanguage.May),
		func(ctx context.Context, r *ask, in *setLanguageIn) (*answer[languageAnswer], error) {
			out, err := a.Menu.SetLanguage(ctx, r.Request, commands.SetLanguage{Language: in.Body.value.Language})
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, languageAnswer{out.Value}), nil
		}, domain.ErrChanges)
}
