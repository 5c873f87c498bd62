# The names of the monitor, in the order of the work. They are too plain to stand beside those of other families.

from .as_of import AsOf as AsOf
from .door.door import Door as Door
from .door.store import Store as Store
from .engine.duck import DuckDB as DuckDB
from .engine.postgres import PostgresTable as PostgresTable
from .engine.spark import Spark as Spark
from .ledger.closing import ClosingConditions as ClosingConditions
from .ledger.ledger import Ledger as Ledger
from .linkage.linkage import Linkage as Linkage
from .linkage.register import Register as Register
from .monitor import Look as Look
from .monitor import Monitor as Monitor
from .process.process import ProcessQuality as ProcessQuality
from .quality.quality import DeliveryQuality as DeliveryQuality
from .rules.form import read_rules as read_rules
from .rules.money import IncomeBelow as IncomeBelow
from .rules.money import IncomeDrop as IncomeDrop
from .rules.money import SpendingAbove as SpendingAbove
from .rules.money import SpendingShare as SpendingShare
from .rules.rules import RuleSet as RuleSet
from .rules.states import State as State
from .rules.states import StateLost as StateLost
from .rules.states import Stopped as Stopped
from .signals.find import SignalRules as SignalRules
from .sources.sources import Source as Source
from .sources.sources import read_declared as read_declared
from .sources.sources import read_sources as read_sources
from .triage.capacity import VillageCapacity as VillageCapacity
from .triage.triage import Triage as Triage
from .triage.triage import flags as flags

__all__: list[str]
