namespace ActorDcp.Protocol.Requests;

/// <summary>How a document is stored; the numbers are the opcodes (dcp-reference.md 3.21).</summary>
public enum StoreMode : byte
{
    /// <summary>SET: whether it exists or not.</summary>
    Set = Opcode.Set,
    /// <summary>ADD: only if it does not exist.</summary>
    Add = Opcode.Add,
    /// <summary>REPLACE: only if it exists.</summary>
    Replace = Opcode.Replace,
}
