package pagesum

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// methods are the methods of a file.
func methods() lib.Tsqlite3_io_methods {
	return lib.Tsqlite3_io_methods{
		FiVersion: 3,
		FxClose:   pointer(closeFile), FxRead: pointer(readFile), FxWrite: pointer(writeFile), FxTruncate: pointer(truncateFile),
		FxSync: pointer(syncFile), FxFileSize: pointer(fileSize), FxLock: pointer(lock), FxUnlock: pointer(unlock),
		FxCheckReservedLock: pointer(checkReservedLock), FxFileControl: pointer(fileControl),
		FxSectorSize: pointer(sectorSize), FxDeviceCharacteristics: pointer(deviceCharacteristics),
		FxShmMap: pointer(shmMap), FxShmLock: pointer(shmLock), FxShmBarrier: pointer(shmBarrier), FxShmUnmap: pointer(shmUnmap),
		FxFetch: pointer(fetch), FxUnfetch: pointer(unfetch),
	}
}

// The functions below only call the layer below.

func fileSize(tls *libc.TLS, f, out uintptr) int32 {
	own, m := behind(f)
	return function[func(*libc.TLS, uintptr, uintptr) int32](m.FxFileSize)(tls, own, out)
}

func lock(tls *libc.TLS, f uintptr, level int32) int32 {
	own, m := behind(f)
	return function[func(*libc.TLS, uintptr, int32) int32](m.FxLock)(tls, own, level)
}

func unlock(tls *libc.TLS, f uintptr, level int32) int32 {
	own, m := behind(f)
	return function[func(*libc.TLS, uintptr, int32) int32](m.FxUnlock)(tls, own, level)
}

func checkReservedLock(tls *libc.TLS, f, out uintptr) int32 {
	own, m := behind(f)
	return function[func(*libc.TLS, uintptr, uintptr) int32](m.FxCheckReservedLock)(tls, own, out)
}

func sectorSize(tls *libc.TLS, f uintptr) int32 {
	own, m := behind(f)
	return function[func(*libc.TLS, uintptr) int32](m.FxSectorSize)(tls, own)
}

func deviceCharacteristics(tls *libc.TLS, f uintptr) int32 {
	own, m := behind(f)
	return function[func(*libc.TLS, uintptr) int32](m.FxDeviceCharacteristics)(tls, own)
}

func shmLock(tls *libc.TLS, f uintptr, offset, n, flags int32) int32 {
	own, m := behind(f)
	return function[func(*libc.TLS, uintptr, int32, int32, int32) int32](m.FxShmLock)(tls, own, offset, n, flags)
}

func shmBarrier(tls *libc.TLS, f uintptr) {
	own, m := behind(f)
	function[func(*libc.TLS, uintptr)](m.FxShmBarrier)(tls, own)
}
