package server

// HungUp is called when the terminal is gone or somebody asked for a reload (SIGHUP). Nothing is reopened: the log goes to a
// stream that its reader rotates, and settings hold until a restart.
func (s *Server) HungUp() {
	s.log.Info("SIGHUP changes nothing: settings are read at a start, so restart to change them")
}
