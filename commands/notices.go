package commands

import (
	"cmp"
	"context"

	"accountledger/domain"
)

// notices reads all texts ever published for a permission.
func (c *core) notices(ctx context.Context, p domain.Permission) (*domain.Notices, error) {
	return stateOf(ctx, c.noticeStream(p))
}

// allNotices reads the texts published for each permission of the catalogue, concurrently.
func (c *core) allNotices(ctx context.Context) ([]*domain.Notices, error) {
	permissions := domain.TheCatalogue().Permissions
	out := make([]*domain.Notices, len(permissions))
	err := c.besideEach(ctx, len(permissions), func(ctx context.Context, i int) (err error) {
		out[i], err = c.notices(ctx, permissions[i].Key)
		return err
	})
	return out, err
}

// Catalogue lists the permissions, in a language.
type Catalogue struct {
	Language  domain.Language // asked for
	Preferred domain.Language // by the client; used if the caller has no language of their own and asked for none
}

// CatalogueEntry is a permission with the notice to show before a decision.
type CatalogueEntry struct {
	domain.CataloguePermission
	Language domain.Language // to show it in, one of domain.Languages
	Current  domain.PublishedNotice
}

// catalogue lists the permissions with the notices in force.
func (k *call) catalogue(ctx context.Context, in Catalogue) ([]CatalogueEntry, error) {
	permissions := domain.TheCatalogue().Permissions
	language := cmp.Or(in.Language, in.Preferred)
	if in.Language == "" && !k.Caller.Account.IsZero() { // the account was read to authenticate the caller
		a, err := k.account(ctx, k.Caller.Account)
		if err != nil {
			return nil, err
		}
		language = a.Language
	}
	language = language.Shown()
	notices, err := k.allNotices(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]CatalogueEntry, len(permissions))
	for i, p := range permissions {
		current, _ := notices[i].Current(language)
		out[i] = CatalogueEntry{p, language, current}
	}
	return out, nil
}
