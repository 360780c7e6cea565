package server

import (
	"accountledger/domain"
	"accountledger/geo"
)

// openCountries opens the operator's database of countries; nil where there is none, and where nobody signs in at this process.
func (s *Server) openCountries() (func(address string) domain.Region, error) {
	if s.cfg.Geo.Database == "" || s.cfg.Role == RoleConsumers {
		return nil, nil
	}
	countries, err := geo.Open(s.cfg.Geo.Database, s.log, s.now)
	if err != nil {
		return nil, &SettingError{Key: "geo.database", Problem: "name a database of countries in the MaxMind DB format", Err: err}
	}
	return func(address string) domain.Region {
		region := domain.Region(countries.Of(address))
		if region.Validate() != nil { // such as the code of a continent
			return ""
		}
		return region
	}, nil
}
