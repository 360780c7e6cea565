package main

import (
	"math/rand/v2"

	"accountledger/bench/population"
	"accountledger/projections/view"
)

// question is one kind of query of one view.
type question struct {
	view, name string
	// indexed: an index has the answer's documents in its order, so that it must not grow with the view.
	indexed bool
	query   func(crowd, int) view.Query
}

// crowd is the people that questions are about.
type crowd struct{ people int }

// somebody is the nth person's account. Some do not exist, because the sign-up was never verified.
func (c crowd) somebody(n int) view.Literal { return view.Text(c.account(n)) }

func (c crowd) account(n int) string {
	d := rand.New(rand.NewPCG(11, uint64(n)))
	return population.Account(seed, d.IntN(c.people)).String()
}

func one[T any](n int, of ...T) T { return of[n%len(of)] }

// questions lists the questions for each view: an officer's pages, and counts.
func questions() []question {
	newest := func(field string) []view.Order { return []view.Order{{Field: field, Desc: true}} }
	is := func(field, value string) *view.Filter { return view.Compare(field, view.Eq, view.Text(value)) }
	about := func(field, time string) func(crowd, int) view.Query {
		return func(c crowd, n int) view.Query {
			return view.Query{Filter: view.Compare(field, view.Eq, c.somebody(n)), Sort: newest(time)}
		}
	}
	always := func(q view.Query) func(crowd, int) view.Query { return func(crowd, int) view.Query { return q } }
	days := func(field string) view.Query {
		return view.Query{Histogram: &view.Histogram{Field: field, Interval: view.Day, Zone: "Europe/Berlin"}}
	}
	group := func(by ...string) view.Query { return view.Query{Group: &view.Group{By: by}} }
	regions := []string{"DE", "FR", "US", "IT", "KR"}
	return []question{
		{"accounts", "newest of a region", true, func(_ crowd, n int) view.Query {
			return view.Query{Filter: is("region", one(n, regions...)), Sort: newest("opened")}
		}},
		{"accounts", "newest", true, always(view.Query{Sort: newest("opened")})},
		{"accounts", "groups by region", false, always(group("region"))},
		{"accounts", "histogram by day", false, always(days("opened"))},
		{"permissions", "of an account", true, func(c crowd, n int) view.Query {
			return view.Query{Filter: view.Compare("account", view.Eq, c.somebody(n)), Sort: []view.Order{{Field: "permission"}}}
		}},
		{"permissions", "newest grants of a purpose", true, func(_ crowd, n int) view.Query {
			return view.Query{Filter: view.All(is("permission", "location"), is("purpose", one(n, "navigation", "weather")), is("state", "granted")),
				Sort: newest("since")}
		}},
		{"permissions", "groups by permission and state", false, always(group("permission", "state"))},
		{"permissions", "histogram by day", false, always(days("since"))},
		{"devices", "of an account", true, about("account", "linked")},
		{"devices", "newest of a kind", true, func(_ crowd, n int) view.Query {
			return view.Query{Filter: is("kind", one(n, "phone", "watch", "tv")), Sort: newest("linked")}
		}},
		{"devices", "groups by kind", false, always(group("kind"))},
		{"accesses", "to an account", true, about("subject", "at")},
		{"accesses", "newest of a kind", true, always(view.Query{Filter: is("kind", "decided"), Sort: newest("at")})},
		{"accesses", "histogram by day", false, always(days("at"))},
		{"activity", "of an account", true, about("subject", "at")},
		{"activity", "newest of a type", true, func(_ crowd, n int) view.Query {
			return view.Query{Filter: is("type", one(n, "permission.granted", "device.linked", "sign_up.lapsed")), Sort: newest("at")}
		}},
		{"activity", "newest with words", false, func(_ crowd, n int) view.Query {
			return view.Query{Words: one(n, "granted weather", "linked watch", "lapsed expired"), Sort: newest("at")}
		}},
		{"activity", "histogram by day", false, always(days("at"))},
		{"daily", "a metric's newest days", true, func(_ crowd, n int) view.Query {
			return view.Query{Filter: is("metric", one(n, "sign_up", "opt_in", "device_linked")), Sort: newest("day")}
		}},
	}
}
