"""What h5py opens by a call."""

import h5py


def never_closed(where):
    it = h5py.File(where)  # expect: NAQ103@10 HDF5 file 'it' is never closed; use 'with h5py.File(where) as it'
    it.keys()


def stays_open_on_an_error(where):
    it = h5py.File(where)  # expect: NAQ102@10 HDF5 file 'it' stays open if line +1 raises; use 'with h5py.File(where) as it'
    it.keys()
    it.close()


def by_hand(where):
    it = h5py.File(where)  # expect: NAQ101@10 HDF5 file 'it' is closed by hand; use 'with h5py.File(where) as it'
    try:
        it.keys()
    finally:
        it.close()


def in_a_block(where):
    with h5py.File(where) as it:
        it.keys()
