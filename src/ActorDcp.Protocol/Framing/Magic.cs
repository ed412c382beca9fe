namespace ActorDcp.Protocol;

/// <summary>First byte of a frame: who speaks and in which form (dcp-reference.md 1.2).</summary>
public enum Magic : byte
{
    /// <summary>Request with framing extras.</summary>
    FlexibleRequest = 0x08,
    /// <summary>Response with framing extras.</summary>
    FlexibleResponse = 0x18,
    /// <summary>Request; on a DCP connection both sides send it.</summary>
    Request = 0x80,
    /// <summary>Response.</summary>
    Response = 0x81,
    /// <summary>Request that the server starts by itself; its opcodes are <see cref="ServerOpcode"/>.</summary>
    ServerRequest = 0x82,
    /// <summary>The client's answer to <see cref="ServerRequest"/>.</summary>
    ServerResponse = 0x83,
}
