package domain

// Allowance is a permission and purpose that a service may ask about.
type Allowance struct {
	Permission Permission `json:"permission"`
	Purpose    Purpose    `json:"purpose"`
}

// ServiceAdded: a service was connected. Its keys are random and numbered from 1, which is this one's number; the log keeps only their hashes.
type ServiceAdded struct {
	Service ServiceID   `json:"service"`
	Name    Slug        `json:"name"`
	KeyHash Hash        `json:"key_hash"`
	Allowed []Allowance `json:"allowed"`
}

// ServiceRenamed: the service has another name. Nobody else can have the one it had: records name it.
type ServiceRenamed struct {
	Service ServiceID `json:"service"`
	Name    Slug      `json:"name"`
}

// ServiceAllowed: from now on this is all that the service may ask about.
type ServiceAllowed struct {
	Service ServiceID   `json:"service"`
	Allowed []Allowance `json:"allowed"`
}

// ServiceSuspended: until it is resumed the service is told nothing.
type ServiceSuspended struct {
	Service ServiceID `json:"service"`
}

// ServiceResumed: the service is told again what it may be.
type ServiceResumed struct {
	Service ServiceID `json:"service"`
}

// ServiceKeyAdded: the service has another key, beside the one that it has. Key is one more than the number of the last.
type ServiceKeyAdded struct {
	Service ServiceID `json:"service"`
	Key     int       `json:"key"`
	KeyHash Hash      `json:"key_hash"`
}

// ServiceKeyEnded: the key is no longer the service's.
type ServiceKeyEnded struct {
	Service ServiceID `json:"service"`
	Key     int       `json:"key"`
}

// ServiceEnded: the service is connected no longer, for good. All its keys have ended.
type ServiceEnded struct {
	Service ServiceID `json:"service"`
}
