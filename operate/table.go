package operate

// Operations is the table of everything operators can do.
func Operations() []Entry {
	return []Entry{
		ReadStatus,
		ReadMailbox,
		AddStaff,
		ChangeStaff,
		ResetStaff,
		AddService,
		ListServices,
		ChangeService,
		AddServiceKey,
		Rebuild,
		Compare,
		ListKeys,
		RotateKeys,
		RecordDestroyedKey,
		Export,
		ExportForBackup,
		StartBackup,
		EndBackup,
		Verify,
		SkipEvent,
		ListSkips,
		ShowAccount,
		ConfirmClock,
		SetController,
		Simulate,
		HoldSimulation,
	}
}
