namespace ActorDcp.Client;

/// <summary>What a consumer does about a status.</summary>
public enum StatusCourse
{
    /// <summary>Nothing: it is no refusal.</summary>
    Accepted,

    /// <summary>Asks the same again with backoff, for ever: it passes by itself, or when the cluster's operators are done.</summary>
    PassesByItself,

    /// <summary>Asks for a newer cluster map, then the node that it names, with backoff, for ever.</summary>
    NewMap,

    /// <summary>Makes the connection anew: the node has taken back what the handshake gave.</summary>
    NewConnection,

    /// <summary>Logs in anew, with the password as it is then; while the handshake is made, it is a wrong configuration.</summary>
    NewLogin,

    /// <summary>Goes back (dcp-reference.md 4.4).</summary>
    GoBack,

    /// <summary>Resolves the filter anew by the bucket's collections.</summary>
    NewFilter,

    /// <summary>Somebody must do what the mend says; it is tried again seldom, to see that.</summary>
    Mend,
}
