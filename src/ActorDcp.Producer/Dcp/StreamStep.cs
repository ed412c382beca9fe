namespace ActorDcp.Producer.Dcp;

/// <summary>What a visit to a stream came to.</summary>
internal enum StreamStep
{
    /// <summary>One message was written.</summary>
    Sent,
    /// <summary>There is nothing to send until the vbucket changes.</summary>
    Idle,
    /// <summary>The stream is over; its end, if it has one, was written.</summary>
    Ended,
}
