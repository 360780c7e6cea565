package runner

import "fmt"

// unitLease is the lease under which a partition is folded. Programs that declare the view otherwise, or share its work
// by another number, have other leases: they work on other generations.
func unitLease(view string, version, part, parts int) string {
	return fmt.Sprintf("%s%d/%d", unitLeases(view, version), parts, part)
}

// unitLeases begins the names of those leases of one version.
func unitLeases(view string, version int) string { return fmt.Sprintf("view/%s.v%d/", view, version) }

// FillLease is the lease under which a view's next generation is filled and made the live one, by one process at a time.
func FillLease(view string) string { return "fill/" + view }
