package api

// routes registers everything served over HTTP, one line each.
func (a *API) routes() {
	a.home()
	a.docs()
	a.health()

	a.signUp()
	a.checkCode()
	a.resendCode()
	a.recover()
	a.checkRecovery()
	a.completeRecovery()
	a.catalogue()
	a.notice()
	a.notices()

	a.signIn()
	a.continueSignIn()
	a.raiseSession()
	a.listSessions()
	a.endSession()
	a.signOutEverywhere()
	a.enrol()

	a.me()
	a.changePassword()
	a.setLanguage()
	a.listContacts()
	a.addContact()
	a.makePrimary()
	a.removeContact()
	a.undo()
	a.notMe()
	a.linkPages()
	a.correctBirth()
	a.history()
	a.signIns()
	a.accesses()
	a.listPermissions()
	a.setPermission()
	a.listDevices()
	a.linkDevice()
	a.renameDevice()
	a.unlinkDevice()

	a.requestErasure()
	a.seeErasure()
	a.cancelErasure()

	a.decideAccess()

	a.lookUp()
	a.reveal()
	a.queryView()
	a.revealQuestion()
}
