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

// noticesAndControllers reads the texts published for each permission of the catalogue, and the descriptions that they were made from.
func (c *core) noticesAndControllers(ctx context.Context) (notices []*domain.Notices, by *domain.Controllers, err error) {
	err = c.beside(ctx, func(ctx context.Context) (err error) {
		notices, err = c.allNotices(ctx)
		return err
	}, func(ctx context.Context) (err error) {
		by, err = stateOf(ctx, c.controllerStream())
		return err
	})
	return notices, by, err
}

// Notice is a text that was published, and the controller as it names it.
type Notice struct {
	domain.PublishedNotice
	By domain.Controller
}

func noticeOf(p domain.PublishedNotice, by *domain.Controllers) Notice {
	d, _ := by.ByEvent(p.Described)
	return Notice{p, d.Controller}
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
	Current  Notice
}

// catalogue lists the permissions with the notices in force.
func (k *call) catalogue(ctx context.Context, in Catalogue) ([]CatalogueEntry, error) {
	permissions := domain.TheCatalogue().Permissions
	language, err := k.language(ctx, in.Language, in.Preferred)
	if err != nil {
		return nil, err
	}
	notices, by, err := k.noticesAndControllers(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]CatalogueEntry, len(permissions))
	for i, p := range permissions {
		current, _ := notices[i].Current(language)
		out[i] = CatalogueEntry{p, language, noticeOf(current, by)}
	}
	return out, nil
}

// language is the one to show texts in: the one asked for, or else the person's own, or else the one that the client prefers.
func (k *call) language(ctx context.Context, asked, preferred domain.Language) (domain.Language, error) {
	l := cmp.Or(asked, preferred)
	if asked == "" && !k.Caller.Account.IsZero() { // the account was read to authenticate the caller
		a, err := k.account(ctx, k.Caller.Account)
		if err != nil {
			return "", err
		}
		l = a.Language
	}
	return l.Shown(), nil
}

// ReadNotice reads a notice that was ever published.
type ReadNotice struct {
	ID domain.EventID
	// Language, if it is set, asks for the same version of the notice in the language that suits it best.
	Language domain.Language
}

// readNotice finds a notice; domain.ErrNotFound if there never was one.
func (k *call) readNotice(ctx context.Context, in ReadNotice) (Notice, error) {
	notices, by, err := k.noticesAndControllers(ctx)
	if err != nil {
		return Notice{}, err
	}
	for _, n := range notices {
		found, ok := n.ByEvent(in.ID)
		if !ok {
			continue
		}
		if in.Language != "" {
			found, _ = n.In(found.Version, in.Language)
		}
		return noticeOf(found, by), nil
	}
	return Notice{}, domain.ErrNotFound
}

// ListNotices lists every version of the notices, in a language.
type ListNotices struct {
	Permission domain.Permission // empty: all
	Language   domain.Language   // asked for
	Preferred  domain.Language   // by the client, as for Catalogue
}

// NoticeVersion is one version of a notice, in the language that suits best.
type NoticeVersion struct {
	domain.PublishedNotice
	InForce bool // grants are given on it
	Counts  bool // grants that were given on it count
}

// listNotices lists what was published, by permission and newest first; domain.ErrPermission if there is no such permission.
func (k *call) listNotices(ctx context.Context, in ListNotices) ([]NoticeVersion, error) {
	catalogue := domain.TheCatalogue()
	if _, ok := catalogue.Permission(in.Permission); in.Permission != "" && !ok {
		return nil, domain.ErrPermission
	}
	language, err := k.language(ctx, in.Language, in.Preferred)
	if err != nil {
		return nil, err
	}
	notices, err := k.allNotices(ctx)
	if err != nil {
		return nil, err
	}
	var out []NoticeVersion
	for i, p := range catalogue.Permissions {
		if in.Permission != "" && in.Permission != p.Key {
			continue
		}
		n := notices[i]
		for v := n.Newest(); v > 0; v-- {
			if found, ok := n.In(v, language); ok {
				out = append(out, NoticeVersion{found, v == n.Newest(), v >= n.Material()})
			}
		}
	}
	return out, nil
}
