package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"accountledger/vault"
)

// connectPatience bounds one attempt to reach a server.
const connectPatience = 3 * time.Second

// idleLimit is how long a session may be idle in a transaction.
const idleLimit = 5 * time.Second

// configure parses an address and sets what all our sessions need.
func configure(address string, o Options) (*pgxpool.Config, error) {
	if len(o.Schema) > maxSchemaBytes {
		return nil, fmt.Errorf("%w: a schema name of more than %d bytes", vault.ErrInvalid, maxSchemaBytes)
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		// The cause repeats the address.
		return nil, fmt.Errorf("%w: the address of PostgreSQL", vault.ErrInvalid)
	}
	config.MaxConns = int32(min(o.Connections, 1000)) //nolint:gosec // bounded
	c := config.ConnConfig
	if c.ConnectTimeout == 0 || c.ConnectTimeout > connectPatience {
		c.ConnectTimeout = connectPatience
	}
	if c.ValidateConnect == nil {
		// Not read-write: a primary that refuses writes can still be read, but a standby may lack what the primary acknowledged.
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	p := c.RuntimeParams
	switch p["synchronous_commit"] {
	case "", "on":
		p["synchronous_commit"] = "on"
	case "remote_apply": // stricter than on
	default:
		return nil, fmt.Errorf("%w: the address of PostgreSQL sets synchronous_commit weaker than on", vault.ErrInvalid)
	}
	if p["application_name"] == "" {
		p["application_name"] = "accountledger"
	}
	// pg_temp comes last, or a temporary table could take the place of ours.
	p["search_path"] = quoted(o.Schema) + ", pg_temp"
	p["default_transaction_isolation"] = "read committed"
	p["bytea_output"] = "hex"
	// A process stuck in a transaction must not block the others.
	p["idle_in_transaction_session_timeout"] = milliseconds(min(o.Timeout, idleLimit))
	p["statement_timeout"] = milliseconds(max(o.Timeout, time.Minute))
	return config, nil
}

// quoted is a name quoted for a statement.
func quoted(name string) string {
	return pgx.Identifier{name}.Sanitize()
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// locks are the numbers of the server's advisory locks, which share one space for a whole
// database; each vault has its own.
type locks struct {
	// making is held while the tables are created.
	making int64
	// master is held shared by every transaction that wraps, and exclusively by the one that
	// changes the current master key.
	master int64
	// rotation is held by the one session that rotates.
	rotation int64
	// open is held shared by every process's watcher session.
	open   int64
	schema string
}

func locksOf(schema string) locks {
	l := locks{schema: schema}
	for purpose, into := range map[string]*int64{
		"making": &l.making, "master": &l.master, "rotation": &l.rotation, "open": &l.open,
	} {
		*into = l.number(purpose)
	}
	return l
}

// holds is held shared by every watcher session whose process holds a master key.
func (l locks) holds(master fmt.Stringer) int64 { return l.number("holds " + master.String()) }

func (l locks) number(purpose string) int64 {
	sum := sha256.Sum256([]byte("accountledger/vault/" + l.schema + "\x00" + purpose))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // any 64 bits will do
}
