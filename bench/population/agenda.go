package population

import (
	"container/heap"
	"time"
)

// agenda is who comes back, and when.
type agenda struct{ visits visits }

type visit struct {
	at time.Time
	of *person
}

// add notes somebody's next visit; the zero Time is none.
func (a *agenda) add(p *person, at time.Time) {
	if !at.IsZero() {
		heap.Push(&a.visits, visit{at, p})
	}
}

// due takes the earliest visit before a time; nil when there is none.
func (a *agenda) due(before time.Time) (*person, time.Time) {
	if len(a.visits) == 0 || !a.visits[0].at.Before(before) {
		return nil, time.Time{}
	}
	v, _ := heap.Pop(&a.visits).(visit)
	return v.of, v.at
}

// visits is a heap, the earliest first.
type visits []visit

func (v visits) Len() int           { return len(v) }
func (v visits) Less(i, j int) bool { return v[i].at.Before(v[j].at) }
func (v visits) Swap(i, j int)      { v[i], v[j] = v[j], v[i] }
func (v *visits) Push(x any)        { *v = append(*v, x.(visit)) }

func (v *visits) Pop() any {
	last := (*v)[len(*v)-1]
	*v = (*v)[:len(*v)-1]
	return last
}
