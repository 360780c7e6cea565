package view_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"accountledger/projections/view"
)

func cursorSort() []view.Order {
	return []view.Order{{Field: "colour"}, {Field: "at"}, {Field: "size"}, {Field: "id", Desc: true}}
}

func goodCursor() *view.Cursor {
	return &view.Cursor{ID: "é", Values: []view.Value{
		view.KeywordValue("red"), view.TimeValue(time.Unix(1, 2)), {}, view.KeywordValue("é"),
	}}
}

func TestCursor(t *testing.T) {
	data, err := goodCursor().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	got, err := view.DecodeCursor(anything(), cursorSort(), data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.MarshalBinary()
	if err != nil || !bytes.Equal(again, data) {
		t.Error("a cursor does not come back")
	}
	if err := view.Check(anything(), &view.Query{Sort: cursorSort(), After: got}); err != nil {
		t.Error(err)
	}
	for n := range data {
		if _, err := view.DecodeCursor(anything(), cursorSort(), data[:n]); !errors.Is(err, view.ErrCursor) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	for name, other := range map[string][]view.Order{
		"fewer": cursorSort()[:3], "none": nil, "another kind": {{Field: "at"}, {Field: "colour"}, {Field: "size"}, {Field: "id"}},
		"unknown": {{Field: "x"}, {Field: "at"}, {Field: "size"}, {Field: "id"}}, "sealed": {{Field: "secret"}, {Field: "at"}, {Field: "size"}, {Field: "id"}},
		"not optional": {{Field: "colour"}, {Field: "at"}, {Field: "flag"}, {Field: "id"}},
	} {
		if _, err := view.DecodeCursor(anything(), other, data); !errors.Is(err, view.ErrCursor) {
			t.Errorf("a cursor of another sort, %s: %v", name, err)
		}
	}
	if _, err := view.DecodeCursor(anything(), cursorSort(), append(data, 0)); !errors.Is(err, view.ErrCursor) {
		t.Errorf("with one byte more: %v", err)
	}
	if _, err := (&view.Cursor{ID: "a", Values: []view.Value{view.SealedValue([]byte("x"))}}).MarshalBinary(); !errors.Is(err, view.ErrCursor) {
		t.Errorf("a cursor with sealed bytes: %v", err)
	}
}

// FuzzCursor sees that whatever is read as a cursor can be used as one.
func FuzzCursor(f *testing.F) {
	data, err := goodCursor().MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte{1, 4, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := view.DecodeCursor(anything(), cursorSort(), data)
		if err != nil {
			return
		}
		if err := view.Check(anything(), &view.Query{Sort: cursorSort(), After: c}); err != nil {
			t.Fatal(err)
		}
	})
}
