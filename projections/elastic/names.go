package elastic

import (
	"fmt"
	"strconv"
	"strings"

	"accountledger/projections/view"
)

// names returns the names of what is stored, all of which begin with the prefix.
// Since names of views contain no hyphen or dot, no two views and no two
// prefixes can clash.
type names struct{ prefix string }

// index is where a generation's documents are.
func (n names) index(id view.GenerationID) string { return n.prefix + "-" + id.String() }

// writer is the alias through which a generation is written. Elasticsearch creates
// a missing index as soon as someone writes to it; through a missing alias
// that is impossible. The alias ends in a text that only this index has, so
// that nothing is written to an index recreated in its place.
func (n names) writer(id view.GenerationID, only string) string {
	return n.index(id) + ".writer." + only
}

// live is the alias of a view's live generation.
func (n names) live(name string) string { return n.prefix + "-" + name + ".live" }

// all is the pattern of the indexes of a view.
func (n names) all(name string) string { return n.prefix + "-" + name + ".v*.g*" }

// template and covered are the name and the pattern of a version's template.
func (n names) template(name string, version int) string {
	return fmt.Sprintf("%s-%s.v%d", n.prefix, name, version)
}

func (n names) covered(name string, version int) string { return n.template(name, version) + ".g*" }

// checkpoints is the index of checkpoints, and the name of its template.
func (n names) checkpoints() string { return n.prefix + ".checkpoints" }

// parse parses exactly what index returns.
func (n names) parse(index string) (view.GenerationID, bool) {
	text, ours := strings.CutPrefix(index, n.prefix+"-")
	parts := strings.Split(text, ".")
	if !ours || len(parts) != 3 || !view.ValidName(parts[0]) {
		return view.GenerationID{}, false
	}
	version, err1 := strconv.Atoi(strings.TrimPrefix(parts[1], "v"))
	number, err2 := strconv.Atoi(strings.TrimPrefix(parts[2], "g"))
	id := view.GenerationID{View: parts[0], Version: version, Number: number}
	return id, err1 == nil && err2 == nil && id.String() == text
}
