"""Fashion-MNIST: 60,000 + 10,000 grey images of ten kinds of garments.

Source: Xiao, Rasul, Vollgraf, arXiv:1708.07747, MIT licence; slides 10-11.
"""

from benchmarks.data.dataset import Real, offer
from benchmarks.data.sets import images
from benchmarks.data.synthetic.images import FASHION_MNIST

FILES = offer(
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
    "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
    """
train-images-idx3-ubyte.gz 26_421_880
3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84
train-labels-idx1-ubyte.gz 29_515
a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845
t10k-images-idx3-ubyte.gz 4_422_102
346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073
t10k-labels-idx1-ubyte.gz 5_148
67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5
""",
)

SET = Real(
    name="fashion_mnist",
    version=1,
    offers=(FILES,),
    read=images.read,
    stand_in=FASHION_MNIST,
)
