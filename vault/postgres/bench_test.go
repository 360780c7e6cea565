//go:build engines

package postgres_test

import (
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"accountledger/vault/postgres"
)

func BenchmarkKey(b *testing.B) {
	for name, cached := range map[string]int{"cached": 4096, "cold": 16} {
		b.Run(name, func(b *testing.B) {
			v := newPlace(b).open(b, postgres.Options{CacheKeys: cached}, newMaster(b))
			names := make([]string, 1000)
			for i := range names {
				names[i] = "account/" + strconv.Itoa(i)
			}
			createKeys(b, v, names...)
			i := 0
			for b.Loop() {
				if _, err := v.Key(b.Context(), names[i%len(names)]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// BenchmarkCreateKey is compared with a bare insert of the same bytes over as many connections.
func BenchmarkCreateKey(b *testing.B) {
	for _, writers := range []int{1, 32} {
		v := newPlace(b).open(b, postgres.Options{Connections: 16}, newMaster(b))
		run(b, "vault/"+strconv.Itoa(writers)+"writers", writers, func() error {
			_, err := v.CreateKeys(b.Context(), uuid.NewString())
			return err
		})
		run(b, "bare/"+strconv.Itoa(writers)+"writers", writers, bareInsert(b))
		run(b, "destroy/"+strconv.Itoa(writers)+"writers", writers, func() error {
			return v.DestroyKeys(b.Context(), uuid.NewString())
		})
	}
}

func run(b *testing.B, name string, writers int, do func() error) {
	b.Run(name, func(b *testing.B) {
		b.SetParallelism(max(1, writers/2)) // times the two cores
		if writers == 1 {
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
			return
		}
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

func bareInsert(b *testing.B) func() error {
	p := newPlace(b)
	_, err := p.connect(b).Exec(b.Context(), "CREATE SCHEMA "+p.quoted()+`; CREATE TABLE bare (name bytea PRIMARY KEY, id uuid, wrapped bytea)`)
	ok(b, err)
	config, err := pgxpool.ParseConfig(p.address)
	ok(b, err)
	config.MaxConns = 16
	config.ConnConfig.RuntimeParams["search_path"] = p.quoted()
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	ok(b, err)
	b.Cleanup(pool.Close)
	wrapped := make([]byte, 61)
	return func() error {
		_, err := pool.Exec(b.Context(), "INSERT INTO bare VALUES ($1, $2, $3)", []byte(uuid.NewString()), uuid.New(), wrapped)
		return err
	}
}
