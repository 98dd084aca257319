"""The registered model, from code: MLflow runs this file wherever it loads the model.

The file only translates: a table of questions into texts, answers into a table, complaints into MLflow's.
"""

import json

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, TEMPORARILY_UNAVAILABLE
from mlflow.pyfunc import PythonModel

from slmmux.errors import InputError
from slmmux.serving.answer import answers, free_questions
from slmmux.serving.ask import Models
from slmmux.serving.configuration import parse_configuration


class SlmMux(PythonModel):
    def load_context(self, context) -> None:
        self._configuration = parse_configuration(dict(context.model_config))
        self._models = Models(self._configuration)

    def predict(self, context, model_input: pd.DataFrame, params=None) -> pd.DataFrame:
        """A table with a column `question` → answer, confidence, model, response, votes (JSON), row by row.

        Raises MlflowException, of one line: status 400 where a question is none, 503 where no engine answers.
        """
        try:
            questions = free_questions(self._configuration, model_input["question"].tolist())
        except InputError as error:
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE) from None
        try:
            found = answers(self._configuration, self._models, questions)
        except InputError as error:
            raise MlflowException(str(error), TEMPORARILY_UNAVAILABLE) from None
        return pd.DataFrame(
            {
                "answer": [a.answer for a in found],
                "confidence": [a.confidence for a in found],
                "model": [a.model for a in found],
                "response": [a.response for a in found],
                "votes": [json.dumps(a.votes, ensure_ascii=False) for a in found],
            },
            index=model_input.index,
        )


mlflow.models.set_model(SlmMux())
