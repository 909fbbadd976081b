"""What sound is while it is worked on: samples of full scale -1 to 1, one channel."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
