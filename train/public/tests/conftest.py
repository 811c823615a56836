import sys
from pathlib import Path

PUBLIC = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PUBLIC), str(PUBLIC.parent)]
