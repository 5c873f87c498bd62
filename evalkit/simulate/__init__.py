"""Data with known truth: county panels, households, surveys of them and departmental records. No figure here is real."""

from evalkit.simulate.counties import LEVELS, SEED, SOURCE, CountyPanel, SimulatedPanel, level_of, main, progress
from evalkit.simulate.defects import DefectModel
from evalkit.simulate.deliveries import MonthlyDeliveries
from evalkit.simulate.help import Benefits, Program
from evalkit.simulate.households import HouseholdSimulation, SimulatedHouseholds
from evalkit.simulate.incomes import IncomeProcess
from evalkit.simulate.places import PlaceModel
from evalkit.simulate.records import DepartmentRecords, SimulatedRecords
from evalkit.simulate.risk import expected_auc, true_risk
from evalkit.simulate.shocks import ShockModel
from evalkit.simulate.stream import StreamedHouseholds
from evalkit.simulate.survey import DESIGN, Attrition, HouseholdSurvey, SurveyedHouseholds

__all__ = [
    "DESIGN",
    "LEVELS",
    "SEED",
    "SOURCE",
    "Attrition",
    "Benefits",
    "CountyPanel",
    "DefectModel",
    "DepartmentRecords",
    "HouseholdSimulation",
    "HouseholdSurvey",
    "IncomeProcess",
    "MonthlyDeliveries",
    "PlaceModel",
    "Program",
    "ShockModel",
    "SimulatedHouseholds",
    "SimulatedPanel",
    "SimulatedRecords",
    "StreamedHouseholds",
    "SurveyedHouseholds",
    "expected_auc",
    "level_of",
    "main",
    "progress",
    "true_risk",
]
