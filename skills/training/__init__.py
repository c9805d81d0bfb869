"""Training of the skills' policies; never imported at run time."""

import os

# Physics and learning take turns on the same cores: threads of torch that spin while
# they wait would starve the physics. Read once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
