//! The domain's vocabularies as enums of the schema: their words and their meanings come from there.

use crate::domain::audit::AuditOutcome;
use crate::domain::calendar::Weekday;
use crate::domain::caller::Role;
use crate::domain::event::{FleetEventKind, InstanceEventKind, ReleaseEventKind, ServiceEventKind};
use crate::domain::health::Health;
use crate::domain::hold::HoldKind;
use crate::domain::instance::InstanceStatus;
use crate::domain::release::plan::PlanWarningCode;
use crate::domain::release::rollout::RolloutOrder;
use crate::domain::release::wait::WaitKind;
use crate::domain::release::{
    OnFailure, OnLocked, PauseReason, ReleaseAction, ReleaseOrigin, ReleaseStatus, SkipReason, WaveStatus,
};
use crate::domain::target::{LogStream, ReleaseTargetStatus, TargetFailure};
use crate::domain::version::{BuildStatus, VersionAction, VersionScheme};
use crate::domain::{ProblemCode, StepName, StepStatus, Word};
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType, Positioned, ServerResult,
    Value,
};
use std::borrow::Cow;

/// Describes a vocabulary to the registry.
fn meta<W: Word>(name: &str) -> MetaType {
    let value = |(_, word, about): &(W, &'static str, &'static str)| MetaEnumValue {
        name: (*word).to_owned(),
        description: Some(about.trim().to_owned()),
        deprecation: Default::default(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    };
    MetaType::Enum {
        name: name.to_owned(),
        description: Some(W::ABOUT.trim().to_owned()),
        enum_values: W::ALL.iter().map(|known| (known.1.to_owned(), value(known))).collect(),
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        rust_typename: Some(std::any::type_name::<W>()),
        directive_invocations: Vec::new(),
        requires_scopes: Vec::new(),
    }
}

fn read<W: Word>(value: &Value) -> Option<W> {
    match value {
        Value::Enum(word) => W::from_word(word),
        Value::String(word) => W::from_word(word),
        _ => None,
    }
}

/// Makes vocabularies types of the schema, the last ones under another name than the domain's.
macro_rules! enums {
    ($($word:ty: $name:literal),+ $(,)?) => { $(
        impl InputType for $word {
            type RawValueType = Self;

            fn type_name() -> Cow<'static, str> {
                $name.into()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                registry.create_input_type::<Self, _>(MetaTypeId::Enum, |_| meta::<Self>($name))
            }

            fn parse(value: Option<Value>) -> InputValueResult<Self> {
                let value = value.unwrap_or_default();
                read(&value).ok_or_else(|| InputValueError::custom(format!("{value} is not a value of {}.", $name)))
            }

            fn to_value(&self) -> Value {
                Value::Enum(Name::new(self.word()))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }
        }

        impl OutputType for $word {
            fn type_name() -> Cow<'static, str> {
                $name.into()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                registry.create_output_type::<Self, _>(MetaTypeId::Enum, |_| meta::<Self>($name))
            }

            async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
                Ok(Value::Enum(Name::new(self.word())))
            }
        }
    )+ };
}
enums!(
    Role: "Role",
    VersionAction: "VersionAction",
    BuildStatus: "BuildStatus",
    VersionScheme: "VersionScheme",
    InstanceStatus: "InstanceStatus",
    Health: "Health",
    ReleaseAction: "ReleaseAction",
    ReleaseOrigin: "ReleaseOrigin",
    ReleaseStatus: "ReleaseStatus",
    ReleaseTargetStatus: "ReleaseTargetStatus",
    PlanWarningCode: "PlanWarningCode",
    WaitKind: "WaitKind",
    TargetFailure: "TargetFailure",
    StepName: "StepName",
    StepStatus: "StepStatus",
    SkipReason: "SkipReason",
    OnLocked: "OnLocked",
    OnFailure: "OnFailure",
    RolloutOrder: "RolloutOrder",
    WaveStatus: "WaveStatus",
    PauseReason: "PauseReason",
    HoldKind: "HoldKind",
    LogStream: "LogStream",
    InstanceEventKind: "InstanceEventKind",
    ReleaseEventKind: "ReleaseEventKind",
    ServiceEventKind: "ServiceEventKind",
    FleetEventKind: "FleetEventKind",
    Weekday: "Weekday",
    AuditOutcome: "AuditOutcome",
    ProblemCode: "UserErrorCode",
);
