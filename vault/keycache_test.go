package vault_test

import (
	"strconv"
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
)

func key(name string) *vault.Key {
	return vault.NewKey(name, uuid.New(), [vault.KeyBytes]byte{1})
}

func TestCacheRefusesWhatWasReadBeforeAnEviction(t *testing.T) {
	c := vault.NewKeyCache(64)
	early := c.Ticket("a")
	c.Evict("a")
	if c.Put(key("a"), early) || c.Get("a") != nil {
		t.Fatal("an evicted key came back")
	}
	k := key("a")
	if !c.Put(k, c.Ticket("a")) || c.Get("a") != k {
		t.Fatal("a key was not kept")
	}
	early = c.Ticket("a")
	c.Clear()
	if c.Get("a") != nil || c.Put(k, early) {
		t.Fatal("a key outlived Clear")
	}
}

func TestCacheKeepsTheKeysUsedLast(t *testing.T) {
	const size = 160
	c := vault.NewKeyCache(size)
	put := func(name string) { c.Put(key(name), c.Ticket(name)) }
	put("used")
	for i := range 10 * size {
		put(strconv.Itoa(i))
		if c.Get("used") == nil {
			t.Fatalf("a key in use was dropped after %d others", i)
		}
	}
	kept := 0
	for i := range 10 * size {
		if c.Get(strconv.Itoa(i)) != nil {
			kept++
		}
	}
	if kept >= size || kept < size/2 {
		t.Fatalf("%d of %d kept", kept, size)
	}
}
