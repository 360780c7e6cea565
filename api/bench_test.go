package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkRefused is what a request costs that goes through router, guard, decoding and answer, and reads nothing.
func BenchmarkRefused(b *testing.B) {
	l := newLedger(b)
	handler := l.api.Handler()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/v1/sign-ups", strings.NewReader(`{"email": "x", "region": "DE", "language": "en", "birth_month": "1990-05"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusUnprocessableEntity {
			b.Fatal(w.Code)
		}
	}
}

// BenchmarkSetPermission is a permission change, durable before its answer, by many people at once.
func BenchmarkSetPermission(b *testing.B) {
	l := newLedger(b)
	handler := l.api.Handler()
	b.SetParallelism(32)
	people := make(chan person, 64)
	for i := range cap(people) {
		people <- l.person(strings.Repeat("x", i+1) + "@example.com")
	}
	body := `{"purpose": "navigation", "state": "granted", "notice": "` + l.notice("location") + `"}`
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		p := <-people
		for pb.Next() {
			r := httptest.NewRequest("PUT", "/v1/me/permissions/location", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+p.token)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Error(w.Code, w.Body)
				return
			}
		}
	})
}
