namespace ActorDcp.Producer.SubDocument;

/// <summary>Why a text cannot stand in a document.</summary>
internal enum JsonTextFault
{
    None,
    NotJson,
    TooDeep,
}
