package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// notices reads the texts ever published for a permission.
func (c *core) notices(ctx context.Context, p domain.Permission) (*domain.Notices, error) {
	var copied domain.Notices
	err := c.published.use(ctx, domain.NoticeStream(p), func() *domain.Notices { return &domain.Notices{} }, func(n *domain.Notices, _ journal.Head) { copied = *n })
	return &copied, err
}

// publishNotices publishes what the catalogue of this program says and nobody has published yet.
func (k *call) publishNotices(ctx context.Context, _ struct{}) (struct{}, error) {
	catalogue := domain.TheCatalogue()
	for _, p := range catalogue.Permissions {
		err := retry(ctx, func() error {
			n := &domain.Notices{}
			stream := domain.NoticeStream(p.Key)
			head, err := k.fold(ctx, stream, n, nil)
			if err != nil {
				return err
			}
			missing := n.Missing(k.Config.Controller, p)
			if len(missing) == 0 {
				return nil
			}
			entries, err := k.entries(ctx, head, about{}, missing...)
			if err != nil {
				return err
			}
			_, err = k.Journal.Append(ctx, head, entries...)
			return err
		})
		if err != nil {
			return struct{}{}, err
		}
	}
	return struct{}{}, nil
}

// Catalogue asks for the permissions there are, in a language.
type Catalogue struct {
	Language domain.Language
}

// CatalogueEntry is a permission with the notice to show before deciding on it.
type CatalogueEntry struct {
	domain.CataloguePermission
	Current domain.PublishedNotice
}

// catalogue gives the permissions with the notices in force.
func (k *call) catalogue(ctx context.Context, in Catalogue) ([]CatalogueEntry, error) {
	var out []CatalogueEntry
	for _, p := range domain.TheCatalogue().Permissions {
		n, err := k.notices(ctx, p.Key)
		if err != nil {
			return nil, err
		}
		current, _ := n.Current(in.Language)
		out = append(out, CatalogueEntry{p, current})
	}
	return out, nil
}
