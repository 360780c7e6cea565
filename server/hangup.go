package server

// HungUp is told that the terminal is gone or that somebody asked for a reload (SIGHUP). Nothing is reopened: the log goes to a
// stream that whoever reads it rotates, and settings hold until a restart.
func (s *Server) HungUp() {
	s.log.Info("SIGHUP changes nothing: settings are read at a start, so restart to change them")
}
